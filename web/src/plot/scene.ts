/** What a figure shows, apart from where it is drawn. */
import { ticks as linearTicks } from 'd3-array';
import { tick, type Unit } from '../lib/format';
import { isDate } from '../lib/table';

export interface Mark {
  id: number;
  name: string;
  x: number;
  y: number;
  /** Ends of the 95 % interval; absent where there is none. */
  xEnds?: [number, number] | undefined;
  yEnds?: [number, number] | undefined;
  /** With the systematic term. */
  xWide?: [number, number] | undefined;
  yWide?: [number, number] | undefined;
  /** Index of its series. */
  series: number;
  /** Not measured, or disturbed: drawn as an outline. */
  hollow?: boolean;
  /** Labelled before others, and ringed. */
  pinned?: boolean;
}

export interface Series {
  name: string;
  /** Index of hue; 8 is grey. */
  hue: number;
  shape: number;
  /** A hue of the sequence for letters, instead of one of categories. */
  ordered?: boolean;
}

export interface Line {
  points: { x: number; y: number }[];
  kind: 'stairs' | 'straight';
  hue: number | null;
}

export interface AxisSpec extends Unit {
  title: string;
  log: boolean;
}

export interface Figure {
  marks: Mark[];
  series: Series[];
  lines: Line[];
  x: AxisSpec;
  y: AxisSpec;
  /** Marks to label, the most important first. */
  labelled: number[];
  bars: boolean;
  /** Line of equal values. */
  diagonal?: boolean;
}

export interface Axis {
  (value: number): number;
  invert(pixel: number): number;
  ticks: { at: number; text: string }[];
}

export interface Layout {
  width: number;
  height: number;
  left: number;
  right: number;
  top: number;
  bottom: number;
  x: Axis;
  y: Axis;
}

/** A scale of two functions: d3-scale would bring colours, dates and formats that no axis here has. */
function axis(spec: AxisSpec, values: number[], range: [number, number], wanted: number): Axis {
  const [to, from]: ((v: number) => number)[] = spec.log ? [Math.log, Math.exp] : [(v) => v, (v) => v];
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    if (spec.log && value <= 0) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low > high) [low, high] = spec.log ? [1, 10] : [0, 1];
  // Nearer than their last digits, two values have no pixels between them.
  if (high - low <= 1e-9 * Math.max(Math.abs(low), Math.abs(high))) [low, high] = spec.log ? [low / 2, high * 2] : [low - 1, high + 1];
  const pad = (to!(high) - to!(low)) * 0.04;
  const [begin, end] = [to!(low) - pad, to!(high) + pad];
  const scale = (v: number) => range[0] + ((to!(v) - begin) / (end - begin)) * (range[1] - range[0]);
  const invert = (p: number) => from!(begin + ((p - range[0]) / (range[1] - range[0])) * (end - begin));
  const [first, last] = [from!(begin), from!(end)];
  const all = spec.log ? logTicks(first, last, wanted) : linearTicks(first, last, wanted);
  const years = isDate(spec.name) ? all.filter(Number.isInteger) : [];
  const ticks = years.length >= 2 ? years : all;
  return Object.assign(scale, { invert, ticks: ticks.map((v) => ({ at: scale(v), text: tick(v, spec) })) });
}

/** 1, 2 and 5 of each power of ten, or fewer of them where there are many. */
export function logTicks(low: number, high: number, wanted: number): number[] {
  for (const steps of [[1, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]]) {
    const ticks: number[] = [];
    for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
      for (const step of steps) {
        const value = Number((step * 10 ** power).toPrecision(3));
        if (value >= low && value <= high) ticks.push(value);
      }
    }
    if (ticks.length <= wanted || steps.length === 1) {
      return ticks.length >= 2 ? ticks : linearTicks(low, high, wanted);
    }
  }
  return [];
}

export function layout(figure: Figure, width: number, height: number): Layout {
  const narrow = width < 480;
  const box = { width, height, left: narrow ? 70 : 76, right: 16, top: 14, bottom: 48 };
  return {
    ...box,
    x: axis(figure.x, figure.marks.map((m) => m.x), [box.left, width - box.right], Math.max(3, Math.floor(width / 90))),
    y: axis(figure.y, figure.marks.map((m) => m.y), [height - box.bottom, box.top], Math.max(3, Math.floor(height / 60))),
  };
}
