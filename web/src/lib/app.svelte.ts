/** The address, and what it stands for: the one mutable thing that views share. */
import type { Site } from './api';
import type { Table } from './table';
import { parse, print, usual, type State } from './url';

/** Replaced as a whole, never changed in place: what follows from it is told once, and reading it costs no proxy. */
let parsed = $state.raw(parse(location.hash));
export const address = {
  get state() {
    return parsed.state;
  },
  get problems() {
    return parsed.problems;
  },
};

addEventListener('hashchange', () => (parsed = parse(location.hash)));

/** Goes to a view like this one but for `change`. `quiet` leaves no step for the back button, for what changes with each key. */
export function go(change: Partial<State>, { quiet = false } = {}): void {
  const next = { ...parsed.state, ...change };
  const hash = `#${print(next)}`;
  if (hash === location.hash) return;
  if (quiet) history.replaceState(null, '', hash);
  else history.pushState(null, '', hash);
  parsed = { state: next, problems: [] };
}

/** The address of a view like this one but for `change`: what stands in links. */
export function link(change: Partial<State>): string {
  return `#${print({ ...address.state, ...change })}`;
}

/** Keeps where one looks from, and forgets what only one view uses. */
export function viewLink(view: State['view'], change: Partial<State> = {}): string {
  const { theme, setup, policy, pins } = address.state;
  return `#${print({ ...usual, theme, setup, policy, pins, view, ...change })}`;
}

/** Goes to another view; from somebody else's page, beside it. */
export function visit(hash: string): void {
  if (address.state.embed) open(hash, '_blank', 'noopener');
  else location.hash = hash;
}

/** A text of index.html: it is no program, and is not sent as one. */
export function text(id: string): DocumentFragment {
  return (document.getElementById(id) as HTMLTemplateElement).content;
}

export interface Data {
  site: Site;
  table: Table;
}

const darkSystem = matchMedia('(prefers-color-scheme: dark)');
export const system = $state({ dark: darkSystem.matches });
darkSystem.addEventListener('change', (event) => (system.dark = event.matches));

export function isDark(): boolean {
  const { theme } = address.state;
  return theme === 'dark' || (theme === 'system' && system.dark);
}

/** One sentence for those who do not see what changed. */
export const live = $state({ text: '' });
