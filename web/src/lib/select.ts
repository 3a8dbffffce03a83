/** Which rows a view shows: pure functions of the table, the site and the address. */
import type { Site } from './api';
import { standingOf } from './fitness';
import { nearestNames, searching } from './search';
import { keyOf, once, subjectOf, type Row, type Table } from './table';
import { intervalOf, isInterval, mostBetweenSites, ratioBetween, wideInterval } from './uncertainty';
import { everySetup, type Range, type State } from './url';

export interface Place {
  setup: string;
  policy: string;
}

/** Where a view looks if nothing else is said: the edition's setup where something was measured on it, else the one
 * with the most models. */
export function placeOf(site: Site, state: Pick<State, 'setup' | 'policy'>): Place {
  const most = [...site.setups].sort((a, b) => b.models - a.models)[0];
  const ofEdition = site.setups.find((one) => one.name === site.edition?.setup);
  const setup = state.setup || (ofEdition ?? most)?.name || '';
  const policies = policiesOf(site, setup);
  const usual = ['throughput', 'batch_1', 'min_energy', ...policies].find((p) => policies.includes(p));
  return { setup, policy: state.policy || usual || '' };
}

export function policiesOf(site: Site, setup: string): string[] {
  const of = site.setups.filter((one) => setup === everySetup || one.name === setup);
  return [...new Set(of.flatMap((one) => one.policies))].sort();
}

export function inRange(value: number | null, { min, max }: Range): boolean {
  // What is not known keeps no limit.
  if (value === null) return false;
  return (min === undefined || value >= min) && (max === undefined || value <= max);
}

function chosen(list: string[], value: string): boolean {
  return list.length === 0 || list.includes(value);
}

const measurementOf = once((table, row) => `${subjectOf(table, row)} ${table.text(row, 'setup')} ${table.text(row, 'batch')}`);

/** Of each model in each setup, the weights with the highest accuracy on the images of `by`. */
export function bestWeights(table: Table, rows: Row[], by: string): Row[] {
  const best = new Map<string, Row>();
  for (const row of rows) {
    const of = measurementOf(table, row);
    const before = best.get(of);
    if (!before || (table.number(row, by) ?? -1) > (table.number(before, by) ?? -1)) best.set(of, row);
  }
  return rows.filter((row) => best.get(measurementOf(table, row)) === row);
}

const searchedOf = once((table, row) => ['model', 'family', 'input_size'].map((name) => table.text(row, name)).join(' ').toLowerCase());

/** Before ranges and categories: what the filters may choose from. */
export interface Base {
  base: Row[];
  /** Rows of this place that their standing keeps out. */
  hidden: { disturbed: number; failed: number; predicted: number };
}

export interface Selection extends Base {
  shown: Row[];
}

/** The images that accuracy is of: those of the y axis, else ImageNet. */
export function accuracyColumn(state: Pick<State, 'x' | 'y' | 'ranges'>): string {
  const named = [state.y, state.x, ...state.ranges.map((range) => range.column)];
  return named.find((name) => /_top[15]$/.test(name)) ?? 'imagenet_top1';
}

export function selectBase(table: Table, place: Place, state: State): Base {
  const hidden = { disturbed: 0, failed: 0, predicted: 0 };
  const here = table.rows.filter(
    (row) =>
      (place.setup === everySetup || table.text(row, 'setup') === place.setup) &&
      table.text(row, 'policy') === place.policy,
  );
  const standing = here.filter((row) => {
    const is = standingOf(table, row);
    if (is === 'fit' || state.with.includes(is)) return true;
    hidden[is] += 1;
    return false;
  });
  const licensed = standing.filter((row) => chosen(state.licences, table.text(row, 'licence')));
  const base =
    state.weights === 'best' ? bestWeights(table, licensed, accuracyColumn(state)) : licensed;
  return { base, hidden };
}

/** What filters leave of it. */
export function filtered(table: Table, base: Row[], state: State): Row[] {
  const finds = searching(state.search);
  return base.filter(
    (row) =>
      finds(searchedOf(table, row)) &&
      chosen(state.kinds, table.text(row, 'kind')) &&
      chosen(state.families, table.text(row, 'family')) &&
      chosen(state.letters, table.text(row, 'letters').charAt(0)) &&
      state.ranges.every((range) => inRange(table.number(row, range.column), range)),
  );
}

export function select(table: Table, place: Place, state: State): Selection {
  const of = selectBase(table, place, state);
  return { ...of, shown: filtered(table, of.base, state) };
}

/** Unknown comes last in both directions. */
export function sorted(table: Table, rows: Row[], name: string, descending: boolean): Row[] {
  if (!table.column(name)) return rows;
  // All rows are in order once; which of them these are is sooner told than their order.
  const has = new Uint8Array(table.rows.length);
  for (const row of rows) has[row.id] = 1;
  return table.order(name, descending).filter((row) => has[row.id]);
}

export interface Answer {
  row: Row;
  /** Energy over that of the first, and whether that can be told from 1. */
  readonly beside: ReturnType<typeof ratioBetween>;
}

/** What keeps the budget, the best first. As `joulemark choose` it leaves out what has no accuracy to weigh its energy against,
 * unless nothing has one. */
export function answers(table: Table, rows: Row[], state: Pick<State, 'rank' | 'x' | 'y' | 'ranges'>): Answer[] {
  const accuracy = accuracyColumn(state);
  const by = { energy: 'energy_j_per_image', score: 'index', accuracy, throughput: 'images_per_s' }[state.rank];
  const descending = state.rank === 'accuracy' || state.rank === 'throughput';
  const has = (row: Row, ...names: string[]) => names.every((name) => table.number(row, name) !== null);
  const known = rows.filter((row) => has(row, by, 'energy_j_per_image'));
  const weighed = known.filter((row) => has(row, accuracy));
  const ranked = sorted(table, weighed.length > 0 ? weighed : known, by, descending);
  const first = ranked[0];
  return ranked.map((row) => ({
    row,
    // Of thousands only a few are shown.
    get beside() {
      return first && first !== row ? ratioBetween(table, first, row) : null;
    },
  }));
}

/** How many answers, in the order of energy, cannot be told from the first. */
export function ties(table: Table, ranked: readonly Answer[]): number {
  if (ranked.length === 0) return 0;
  const [energy, ci, systematic] = ['energy_j_per_image', 'ci95_rel', 'systematic_rel'].map((name) => table.numbers(name)) as [Float64Array, Float64Array, Float64Array];
  const reach = ({ row }: Answer) => (ci[row.id] || 0) + (systematic[row.id] || 0);
  // No interval of a ratio is as wide as the sum of what it is made of: what is farther off needs no look.
  const widest = ranked.reduce((most, one) => Math.max(most, reach(one)), 0);
  const farthest = energy[ranked[0]!.row.id]! * Math.exp(reach(ranked[0]!) + widest + mostBetweenSites(table, ranked[0]!.row));
  const near = ranked.findLastIndex(({ row }) => energy[row.id]! <= farthest);
  return ranked.slice(1, near + 1).filter(({ beside }) => beside && !beside.distinguishable).length;
}

/** Limits that a row keeps by its value, and at the other end of its 95 % interval not. Of energy the interval has all of the
 * systematic term, because a limit in joules shares it with nothing. Throughput and sizes have no interval. */
export function unsure(table: Table, row: Row, ranges: readonly Range[]): Range[] {
  return ranges.filter((range) => {
    const known = intervalOf(table, row, range.column);
    const interval = range.column === 'energy_j_per_image' ? wideInterval(table, row) : isInterval(known) ? known : null;
    return interval !== null && !(inRange(interval.low, range) && inRange(interval.high, range));
  });
}

export interface Miss {
  range: Range;
  row: Row;
}

/** For each limit, what keeps all others and comes nearest to it. */
export function nearMisses(table: Table, place: Place, state: State): Miss[] {
  return state.ranges.flatMap((range) => {
    const others = { ...state, ranges: state.ranges.filter((one) => one !== range) };
    const outside = select(table, place, others).shown.filter((row) => table.number(row, range.column) !== null);
    const far = (row: Row) => {
      const value = table.number(row, range.column)!;
      return Math.max((range.min ?? -Infinity) - value, value - (range.max ?? Infinity));
    };
    const row = outside.sort((a, b) => far(a) - far(b))[0];
    return row ? [{ range, row }] : [];
  });
}

/** A limit that lets a value in. */
export function loosened(range: Range, value: number): Range {
  const out = { ...range };
  if (out.min !== undefined && value < out.min) out.min = value;
  if (out.max !== undefined && value > out.max) out.max = value;
  return out;
}

/** At least as accurate, beyond doubt cheaper: up to `most`, the cheapest first. */
export function cheaper(table: Table, rows: Row[], than: Row, accuracy: string, most = 3): Answer[] {
  const bar = table.number(than, accuracy);
  if (bar === null) return [];
  const out: Answer[] = [];
  for (const row of sorted(table, rows, 'energy_j_per_image', false)) {
    if (subjectOf(table, row) === subjectOf(table, than)) continue;
    if ((table.number(row, accuracy) ?? -1) < bar) continue;
    const beside = ratioBetween(table, than, row);
    if (beside && beside.high < 1) out.push({ row, beside });
    if (out.length === most) break;
  }
  return out;
}

/** The row of a link: weights at a size, weights alone, or an architecture, the best of it. */
export function rowNamed(table: Table, rows: Row[], key: string): Row | undefined {
  const [name, size] = key.split('@');
  const matches = rows.filter(
    (row) =>
      (keyOf(table, row) === key || table.text(row, 'model') === name || table.text(row, 'architecture') === name) &&
      (!size || table.text(row, 'input_size') === size),
  );
  return (
    matches.find((row) => keyOf(table, row) === key) ??
    sorted(table, matches, 'imagenet_top1', true)[0]
  );
}

/** Architectures whose names are like one that does not exist. */
export function nearest(table: Table, name: string): string[] {
  const names = [...new Set(table.rows.map((row) => table.text(row, 'architecture')))];
  return nearestNames(names, name.split(/[.@]/)[0] ?? '');
}
