/** One figure in a page of somebody else. */
import type { View } from './url';

/** What the figure of a view is called that has only one; those of Findings are called like their files. */
export const onlyFigure = 'figure';

/** Whether a view may have a figure of this name; of Findings the analysis knows. */
export function hasFigure(view: View, name: string): boolean {
  return view === 'findings' || (name === onlyFigure && ['explore', 'setups', 'model'].includes(view));
}

/** For text and attributes of HTML and SVG. */
export function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);
}

export function iframe(address: string, title: string): string {
  return `<iframe src="${escaped(address)}" title="${escaped(title)}" width="720" height="600" loading="lazy" style="border:0;max-width:100%"></iframe>`;
}

export function image(address: string, title: string): string {
  return `<img src="${escaped(address)}" alt="${escaped(title)}">`;
}
