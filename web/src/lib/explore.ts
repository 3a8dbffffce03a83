/** The figure of Explore, from its rows and its address. */
import { better, usuallyLogarithmic } from './columns';
import { standingOf } from './fitness';
import { axisTitle, format, unknown } from './format';
import { frontier } from './pareto';
import type { Colouring } from './series';
import { sorted } from './select';
import { keyOf, nameOf, type Column, type Row, type Table } from './table';
import { endsOf, intervalOf, intervalWords, originOf, wideInterval, type Interval } from './uncertainty';
import type { State } from './url';
import type { AxisSpec, Figure, Line, Mark } from '../plot/scene';

export function axisOf(column: Column, scale: State['xScale'], rows: Row[], table: Table): AxisSpec {
  // What is not positive has no place on a logarithmic axis, and must not vanish from it by itself.
  const numbers = table.numbers(column.name);
  const positive = rows.every((row) => !(numbers[row.id]! <= 0));
  const log = scale === 'log' || (scale === 'auto' && positive && usuallyLogarithmic(column.name, column.unit));
  return { name: column.name, unit: column.unit, title: axisTitle(column.label, column), log };
}

function wide(table: Table, row: Row, name: string): Interval | null {
  return name === 'energy_j_per_image' ? wideInterval(table, row) : null;
}

/** A thousand bars hide the points that they are of. */
const mostBars = 1000;

export interface Drawn {
  figure: Figure;
  /** Rows of the frontier, from one end to the other. */
  members: Row[];
  /** Shown rows that have no place in the figure, and why. */
  absent: { unknown: number; notPositive: number };
}

export function draw(
  table: Table,
  rows: Row[],
  x: Column,
  y: Column,
  colouring: Colouring,
  state: State,
): Drawn {
  const [xAxis, yAxis] = [axisOf(x, state.xScale, rows, table), axisOf(y, state.yScale, rows, table)];
  const absent = { unknown: 0, notPositive: 0 };
  const marks: Mark[] = [];
  const [xs, ys] = [table.numbers(x.name), table.numbers(y.name)];
  const hasBars = !state.hide.includes('bars') && rows.length <= mostBars;
  // In the order of the frontier, which is then soon found.
  for (const row of sorted(table, rows, x.name, better(x.name) === 1)) {
    const [vx, vy] = [xs[row.id]!, ys[row.id]!];
    if (Number.isNaN(vx) || Number.isNaN(vy)) absent.unknown += 1;
    else if ((xAxis.log && vx <= 0) || (yAxis.log && vy <= 0)) absent.notPositive += 1;
    else {
      marks.push({
        id: row.id,
        name: state.weights === 'all' ? table.text(row, 'model') : nameOf(table, row),
        x: vx,
        y: vy,
        series: colouring.of(row),
        hollow: standingOf(table, row) !== 'fit',
        pinned: state.pins.length > 0 && state.pins.includes(keyOf(table, row)),
        ...(hasBars && {
          xEnds: endsOf(intervalOf(table, row, x.name)),
          yEnds: endsOf(intervalOf(table, row, y.name)),
          xWide: endsOf(wide(table, row, x.name)),
          yWide: endsOf(wide(table, row, y.name)),
        }),
      });
    }
  }
  const members = state.hide.includes('frontier') ? [] : frontiers(table, marks, x.name, y.name);
  const lines: Line[] = members.map((points) => ({ points, kind: 'stairs', hue: null }));
  const pinned = marks.filter((mark) => mark.pinned);
  const labelled = state.hide.includes('labels') ? pinned : [...pinned, ...members.flat()];
  return {
    figure: {
      marks,
      series: colouring.series,
      lines,
      x: xAxis,
      y: yAxis,
      labelled: labelled.map((mark) => mark.id),
      bars: hasBars,
    },
    members: members.flat().map((mark) => table.rows[mark.id]!),
    absent,
  };
}

/** One for each setup, for setups are never mixed; of fit measurements alone. */
function frontiers(table: Table, marks: Mark[], x: string, y: string): Mark[][] {
  const [betterX, betterY] = [better(x), better(y)];
  if (betterX === 0 || betterY === 0) return [];
  const bySetup = new Map<string, Mark[]>();
  for (const mark of marks) {
    if (mark.hollow) continue;
    const setup = table.text(table.rows[mark.id]!, 'setup');
    const of = bySetup.get(setup);
    if (of) of.push(mark);
    else bySetup.set(setup, [mark]);
  }
  return [...bySetup.values()].map((of) => frontier(of, betterX, betterY));
}

/** What is said of a point. */
export function describe(table: Table, row: Row, columns: Column[], setup: string): string[] {
  const lines = [keyOf(table, row)];
  for (const column of columns) {
    const value = column.numeric
      ? format(table.number(row, column.name), column)
      : table.text(row, column.name) || unknown;
    const interval = value === unknown ? '' : intervalWords(table, row, column.name).replace(/^no interval.*/, '');
    const origin = originOf(table, row, column.name);
    lines.push(`${column.label}: ${value}${interval ? ` (${interval})` : ''}${origin && value !== unknown ? `, ${origin}` : ''}`);
  }
  const energy = columns.find((c) => c.name === 'energy_j_per_image');
  const wider = energy && wideInterval(table, row);
  if (wider) {
    lines.push(`With what repetition cannot show: ${format(wider.low, energy)} to ${format(wider.high, energy)}`);
  }
  const letters = table.text(row, 'letters');
  if (letters) lines.push(`Letter ${letters}`);
  const standing = standingOf(table, row);
  if (standing !== 'fit') lines.push(`${standing}: ${table.text(row, 'flags') || table.text(row, 'status')}`);
  lines.push(`${table.text(row, 'kind')}, batch ${table.text(row, 'batch')}, ${setup}`);
  return lines;
}

/** From the first day to the last on which rows were measured, in words. */
export function measuredOn(table: Table, rows: readonly Row[]): string {
  const days = rows.map((row) => table.text(row, 'measured_at').slice(0, 10)).filter(Boolean).sort();
  const [first, last] = [days[0], days.at(-1)];
  if (!first) return 'not measured';
  return first === last ? `measured on ${first}` : `measured from ${first} to ${last}`;
}
