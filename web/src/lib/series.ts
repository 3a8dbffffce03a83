/** Colours and shapes of categories: at most eight of them, the rest is grey and “other”. */
import type { Series } from '../plot/scene';
import { setupWords } from './setups';
import type { Site } from './api';
import type { Row, Table } from './table';
import type { State } from './url';

const kinds = ['CNN', 'transformer', 'hybrid', 'MLP', 'other'];
const letters = ['A', 'B', 'C', 'D', 'E', 'F', 'G'];
export const mostHues = 8;

export interface Colouring {
  series: Series[];
  of(row: Row): number;
}

function categoryOf(table: Table, row: Row, by: State['colour']): string {
  if (by === 'letter') return table.text(row, 'letters').charAt(0);
  return table.text(row, by);
}

/** `rows` are all that filters may choose from, so that a filter changes no colour. */
export function colouring(table: Table, site: Site, rows: readonly Row[], by: State['colour']): Colouring {
  const counts = new Map<string, number>();
  for (const row of rows) {
    const category = categoryOf(table, row, by);
    counts.set(category, (counts.get(category) ?? 0) + 1);
  }
  const order =
    by === 'kind' ? kinds : by === 'letter' ? letters
    : [...counts.keys()].filter(Boolean).sort((a, b) => counts.get(b)! - counts.get(a)! || (a < b ? -1 : 1));
  const named = order.filter((category) => counts.has(category)).slice(0, mostHues);
  const series: Series[] = named.map((name) => {
    const i = by === 'kind' ? kinds.indexOf(name) : by === 'letter' ? letters.indexOf(name) : named.indexOf(name);
    const title = by === 'setup' ? setupWords(site, name) : name;
    return { name: title, hue: i, shape: i, ordered: by === 'letter' };
  });
  const index = new Map(named.map((name, i) => [name, i]));
  const isRest = [...counts.keys()].some((category) => !index.has(category));
  if (isRest) series.push({ name: by === 'letter' ? 'no letter' : 'others', hue: mostHues, shape: 0 });
  return { series, of: (row) => index.get(categoryOf(table, row, by)) ?? named.length };
}
