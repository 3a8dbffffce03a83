/** How well a value is known, and how far two energies can be told apart: the rules of
 * docs/analysis.md, as far as the columns of a joined row allow. */
import { format } from './format';
import { once, subjectOf, type Row, type Table } from './table';

export type Origin = 'measured' | 'published' | 'predicted' | 'estimated' | 'simulated';

/** Half width that two boards of one name add to a ratio where no more is known of them (docs/method.md, One board). */
const betweenBoards = 0.1;
/** The same of each °C that one board was warmer. */
const perCelsius = 0.0032;
/** Random weights are off by this much, each model by its own (docs/method.md). */
const randomWeights = 0.035;
const defaultWeights = 0.05;
/** What a meter of this kind is off by in all that it measures (docs/meters.md). */
const sensor: Record<string, number> = { nvml: 0.01, rapl: 0.03 };

export interface Interval {
  low: number;
  high: number;
  /** What it covers. */
  of: string;
}

export type Known = Interval | { none: string };

export function isInterval(known: Known): known is Interval {
  return 'low' in known;
}

/** To be drawn. */
export function endsOf(known: Known | null): [number, number] | undefined {
  return known && isInterval(known) ? [known.low, known.high] : undefined;
}

/** 95 % interval of a value, or why there is none. */
export function intervalOf(table: Table, row: Row, name: string): Known {
  const value = table.number(row, name);
  if (value === null) return { none: reasonUnknown(table, row, name) };
  const ofRuns = name === 'energy_j_per_image';
  if (ofRuns || name === 'board_factor') {
    const rel = table.number(row, ofRuns ? 'ci95_rel' : 'board_factor_ci95_rel');
    if (rel === null) return { none: 'the row has none' };
    return { low: value * Math.exp(-rel), high: value * Math.exp(rel), of: `95 % interval${ofRuns ? ' of the runs' : ''}` };
  }
  if (name === 'index') {
    const low = table.number(row, 'index_low');
    const high = table.number(row, 'index_high');
    if (low === null || high === null) return { none: 'the row has none' };
    return { low, high, of: '95 % interval' };
  }
  const half = table.number(row, `${name}_ci95`);
  if (half !== null) return { low: value - half, high: value + half, of: '95 % of so many test images' };
  return { none: withoutInterval(name) };
}

function withoutInterval(name: string): string {
  if (name === 'parameters_m' || name === 'gmacs' || name === 'activations_m') {
    return 'a count: exact but for its decimals';
  }
  if (/^(images_per_s|latency_|power_|energy_net|energy_delay|idle_w)/.test(name)) {
    return 'rows keep the interval of energy alone; this is of the same windows';
  }
  return 'exact, or none is known';
}

/** Energy with all that may be off: the interval and the systematic term. */
export function wideInterval(table: Table, row: Row): Interval | null {
  const value = table.number(row, 'energy_j_per_image');
  const rel = table.number(row, 'ci95_rel');
  if (value === null || rel === null) return null;
  const all = Math.hypot(rel, table.number(row, 'systematic_rel') ?? 0);
  return { low: value * Math.exp(-all), high: value * Math.exp(all), of: 'with the systematic term' };
}

export function originOf(table: Table, row: Row, name: string): Origin | null {
  const accuracy = /^(.+)_top[15]$/.exec(name);
  if (accuracy) return (table.text(row, `${accuracy[1]}_origin`) || null) as Origin | null;
  if (/^(parameters_m|gmacs|activations_m|counted_)/.test(name)) return 'published';
  if (/^(architecture_|recipe_|pretraining|licence|family|kind)/.test(name)) return 'published';
  if (/^(index|letters|board_)/.test(name)) return 'estimated';
  if (/^(energy_|images_per_s|latency_|power_|idle_w|temperature)/.test(name)) {
    const origin = (table.text(row, 'energy_origin') || null) as Origin | null;
    // Where no meter tells the energy, a clock still tells the time, and a sensor how warm it was.
    return origin === 'estimated' && /^(images_per_s|latency_|temperature)/.test(name) ? 'measured' : origin;
  }
  return null;
}

/** Why a cell is empty. */
export function reasonUnknown(table: Table, row: Row, name: string): string {
  const status = table.text(row, 'status');
  const measured = /^(energy_|images_per_s|latency_|power_|idle_w|ci95|systematic|windows|seconds|estimator)/;
  if (measured.test(name)) {
    if (status === 'predicted') return 'nobody measured this model; only its energy is predicted';
    if (status !== 'ok') return `no measurement: ${table.text(row, 'message') || status}`;
    return 'the meter does not give it';
  }
  if (/_top[15]/.test(name)) return 'nothing is published of these weights at this size';
  if (/^(gmacs|activations_m|counted_)/.test(name)) return 'not published of this network at this size';
  if (name.startsWith('index') || name === 'letters') {
    return 'no letter: another policy than the edition’s, no accuracy, an accuracy beyond the edition’s, or a disturbed measurement';
  }
  if (name.startsWith('board_')) return 'no other board ran what this one did';
  return 'not known';
}

/** Systematic terms that two rows do not share, relative. */
function ownSystematic(table: Table, row: Row, shared: { sensor: boolean; weights: boolean }): number {
  const all = table.number(row, 'systematic_rel') ?? 0;
  let squares = all * all;
  // The sensor of an estimate is off by more for one load than for another: it never cancels.
  if (shared.sensor && table.text(row, 'energy_origin') !== 'estimated') {
    squares -= (sensor[table.text(row, 'meter')] ?? 0) ** 2;
  }
  if (shared.weights && table.flags(row).includes('weights_random')) {
    const off = table.text(row, 'weights').startsWith('default') ? defaultWeights : randomWeights;
    squares -= off ** 2;
  }
  return Math.sqrt(Math.max(0, squares));
}

/** One call of `measure` is of one board; a campaign of many sittings may be of several. A row that names
 * its board is taken at its word. */
function mayBeTwoBoards(table: Table, a: Row, b: Row): boolean {
  const [boardA, boardB] = [table.text(a, 'board'), table.text(b, 'board')];
  if (boardA && boardB) return boardA !== boardB;
  const campaign = table.text(a, 'campaign');
  const ofOneCall = /^\d{8}T\d{6}Z-/.test(campaign);
  return !(ofOneCall && campaign === table.text(b, 'campaign'));
}

/** What its board takes more than others, as a logarithm, and half the width of the interval of that, NaN where not known; and the
 * name of the setups whose boards these others are: its own, in any precision, as analysis::setup_in_any_precision has it. */
const offsetOf = once((table, row) => [
  Math.log(table.numbers('board_factor')[row.id]!), table.numbers('board_factor_ci95_rel')[row.id]!,
  table.text(row, 'setup').replace(/-(fp32|tf32|fp16|bf16)-/, '-'),
] as const);

/** What lies between the places of two measurements, whatever was measured there. */
function betweenSites(table: Table, a: Row, b: Row): number {
  if (mayBeTwoBoards(table, a, b)) {
    const [[logA, halfA, besideA], [logB, halfB, besideB]] = [offsetOf(table, a), offsetOf(table, b)];
    const apart = Math.abs(logA - logB) + halfA + halfB;
    return apart >= 0 && besideA === besideB ? apart : betweenBoards;
  }
  const [warmthA, warmthB] = [table.number(a, 'temperature_c'), table.number(b, 'temperature_c')];
  return warmthA === null || warmthB === null ? 0 : perCelsius * Math.abs(warmthA - warmthB);
}

/** Between no row's place and this one's lies more. */
export function mostBetweenSites(table: Table, row: Row): number {
  const warmth = table.numbers('temperature_c');
  const reach = (one: Row) => {
    const [log, half] = offsetOf(table, one);
    return Math.abs(log) + half || 0;
  };
  const own = reach(row);
  return table.rows.reduce(
    (most, one) => Math.max(most, perCelsius * Math.abs(warmth[one.id]! - warmth[row.id]!) || 0, reach(one) + own),
    betweenBoards,
  );
}

export interface Ratio {
  /** Energy of the second over that of the first. */
  times: number;
  low: number;
  high: number;
  distinguishable: boolean;
}

/** Energy of `b` over that of `a`, with its 95 % interval; null where either is unknown. */
export function ratioBetween(table: Table, a: Row, b: Row): Ratio | null {
  const [first, second] = [table.number(a, 'energy_j_per_image'), table.number(b, 'energy_j_per_image')];
  const [ciA, ciB] = [table.number(a, 'ci95_rel'), table.number(b, 'ci95_rel')];
  if (first === null || second === null || ciA === null || ciB === null) return null;
  const times = second / first;
  // Weights of one architecture that share a measurement take the same energy.
  if (table.text(a, 'run') !== '' && table.text(a, 'run') === table.text(b, 'run')) {
    return { times, low: times, high: times, distinguishable: false };
  }
  const shared = {
    sensor: table.text(a, 'setup') === table.text(b, 'setup'),
    weights: subjectOf(table, a) === subjectOf(table, b),
  };
  const half = Math.hypot(
    ciA,
    ciB,
    ownSystematic(table, a, shared),
    ownSystematic(table, b, shared),
    betweenSites(table, a, b),
  );
  const [low, high] = [times * Math.exp(-half), times * Math.exp(half)];
  return { times, low, high, distinguishable: low > 1 || high < 1 };
}

/** b's accuracy less a's in percentage points, with two samples' interval; null where unknown. */
export function pointsBetween(table: Table, a: Row, b: Row, name: string) {
  const [first, second] = [table.number(a, name), table.number(b, name)];
  const [ciA, ciB] = [table.number(a, `${name}_ci95`), table.number(b, `${name}_ci95`)];
  if (first === null || second === null || ciA === null || ciB === null) return null;
  const points = second - first;
  const half = Math.hypot(ciA, ciB);
  return { points, half, distinguishable: Math.abs(points) > half };
}

/** Interval in words, as it stands beside a value. */
export function intervalWords(table: Table, row: Row, name: string): string {
  const column = table.column(name);
  const known = intervalOf(table, row, name);
  if (!column || !isInterval(known)) return isInterval(known) ? '' : `no interval: ${known.none}`;
  return `${known.of}: ${format(known.low, column)} to ${format(known.high, column)}`;
}
