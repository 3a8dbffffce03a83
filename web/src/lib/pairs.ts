/** What one setup saves over another, model by model. */
import { standingOf } from './fitness';
import { subjectOf, type Row, type Table } from './table';
import { ratioBetween, type Ratio } from './uncertainty';

export interface Pair {
  from: Row;
  to: Row;
  ratio: Ratio;
}

export function pairs(table: Table, policy: string, from: string, to: string): Pair[] {
  const of = (setup: string) => {
    const rows = new Map<string, Row>();
    for (const row of table.rows) {
      if (table.text(row, 'setup') !== setup || table.text(row, 'policy') !== policy) continue;
      if (standingOf(table, row) !== 'fit') continue;
      if (!rows.has(subjectOf(table, row))) rows.set(subjectOf(table, row), row);
    }
    return rows;
  };
  const second = of(to);
  const out: Pair[] = [];
  for (const [subject, row] of of(from)) {
    const other = second.get(subject);
    const ratio = other && ratioBetween(table, row, other);
    if (ratio) out.push({ from: row, to: other, ratio });
  }
  return out.sort((a, b) => a.ratio.times - b.ratio.times);
}

export interface GeometricMean {
  value: number;
  low: number;
  high: number;
  /** Two in three ratios are within this factor of the mean. */
  spread: number;
  n: number;
}

/** With Student's t of the logarithms, for other models like these. Null below three. */
export function geometricMean(ratios: number[]): GeometricMean | null {
  const n = ratios.length;
  if (n < 3) return null;
  const logs = ratios.map(Math.log);
  const mean = logs.reduce((a, b) => a + b, 0) / n;
  const deviation = Math.sqrt(logs.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (n - 1));
  const half = (studentT95(n - 1) * deviation) / Math.sqrt(n);
  return {
    value: Math.exp(mean),
    low: Math.exp(mean - half),
    high: Math.exp(mean + half),
    spread: Math.exp(deviation),
    n,
  };
}

const exact = [12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.306, 2.2622, 2.2281];

/** 97.5 % quantile of Student's t. Above ten degrees by the expansion of Abramowitz and Stegun, 26.7.5, off by
 * less than 0.0002: z = 1.959964, then (z³ + z) / 4, (5 z⁵ + 16 z³ + 3 z) / 96, (3 z⁷ + 19 z⁵ + 17 z³ − 15 z) / 384. */
export function studentT95(degrees: number): number {
  const known = exact[degrees - 1];
  if (known !== undefined) return known;
  return 1.959964 + (2.372271 + (2.822499 + 2.555850 / degrees) / degrees) / degrees;
}
