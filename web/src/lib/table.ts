/** The joined rows: what was measured beside what is published. One row is one set of weights at one
 * size, under one setup and policy. */
import type { Cell } from './api';
import { labelOf } from './columns';

export interface Column {
  name: string;
  /** As documented; empty where there is none. */
  unit: string;
  meaning: string;
  label: string;
  /** Can be an axis: it holds numbers, or dates. */
  numeric: boolean;
}

export interface Row {
  readonly id: number;
  readonly cells: readonly Cell[];
}

export class Table {
  readonly columns: readonly Column[];
  readonly rows: readonly Row[];
  readonly #index: Map<string, number>;
  // Made when first asked for, by the id of a row: views ask for the same cells of thousands of rows at each key.
  readonly #numbers = new Map<string, Float64Array>();
  readonly #texts = new Map<string, string[]>();
  readonly #orders = new Map<string, readonly Row[]>();

  constructor(columns: { name: string; unit: string; meaning: string }[], rows: Cell[][]) {
    this.#index = new Map(columns.map((column, i) => [column.name, i]));
    this.rows = rows.map((cells, id) => ({ id, cells }));
    this.columns = columns.map((column, i) => ({
      ...column,
      label: labelOf(column.name),
      numeric: isDate(column.name) || holdsNumbers(rows, i),
    }));
  }

  column(name: string): Column | undefined {
    const i = this.#index.get(name);
    return i === undefined ? undefined : this.columns[i];
  }

  cell(row: Row, name: string): Cell {
    const i = this.#index.get(name);
    return i === undefined ? null : (row.cells[i] ?? null);
  }

  /** A column as numbers, dates as years with their fraction; NaN is unknown. */
  numbers(name: string): Float64Array {
    return remembered(this.#numbers, name, () =>
      Float64Array.from(this.rows, (row) => {
        const cell = this.cell(row, name);
        if (typeof cell === 'number') return cell;
        return (typeof cell === 'string' && isDate(name) ? yearOf(cell) : null) ?? NaN;
      }),
    );
  }

  /** A column as texts; empty is unknown. */
  texts(name: string): string[] {
    return remembered(this.#texts, name, () => this.rows.map((row) => String(this.cell(row, name) ?? '')));
  }

  /** All rows in the order of a column; unknown comes last in both directions. */
  order(name: string, descending: boolean): readonly Row[] {
    return remembered(this.#orders, `${descending} ${name}`, () => {
      const keys = this.column(name)?.numeric ? this.numbers(name) : this.texts(name);
      const isUnknown = (key: string | number) => key === '' || Number.isNaN(key);
      return [...this.rows].sort((a, b) => {
        const [x, y] = [keys[a.id]!, keys[b.id]!];
        if (isUnknown(x) || isUnknown(y)) return Number(isUnknown(x)) - Number(isUnknown(y)) || a.id - b.id;
        return (x < y ? -1 : x > y ? 1 : 0) * (descending ? -1 : 1) || a.id - b.id;
      });
    });
  }

  /** A number, or a date as a year with its fraction; null is unknown. */
  number(row: Row, name: string): number | null {
    const number = this.numbers(name)[row.id]!;
    return Number.isNaN(number) ? null : number;
  }

  text(row: Row, name: string): string {
    return this.texts(name)[row.id]!;
  }

  flags(row: Row): string[] {
    return this.text(row, 'flags').split(' ').filter(Boolean);
  }
}

function remembered<T>(known: Map<string, T>, key: string, make: () => T): T {
  let value = known.get(key);
  if (value === undefined) known.set(key, (value = make()));
  return value;
}

/** A function of a row that is asked again and again: it is called once for each row. */
export function once<T extends NonNullable<unknown>>(make: (table: Table, row: Row) => T): (table: Table, row: Row) => T {
  const known = new WeakMap<Table, T[]>();
  return (table, row) => {
    let of = known.get(table);
    if (!of) known.set(table, (of = new Array<T>(table.rows.length)));
    return (of[row.id] ??= make(table, row));
  };
}

export function isDate(name: string): boolean {
  return name.endsWith('_date');
}

/** 2021-06 is 2021.416…, the beginning of its month. */
export function yearOf(date: string): number | null {
  const found = /^(\d{4})-(\d{2})/.exec(date);
  if (!found) return null;
  const month = Number(found[2]);
  return month >= 1 && month <= 12 ? Number(found[1]) + (month - 1) / 12 : null;
}

function holdsNumbers(rows: Cell[][], column: number): boolean {
  let numbers = false;
  for (const row of rows) {
    const cell = row[column];
    if (typeof cell === 'string') return false;
    numbers ||= typeof cell === 'number';
  }
  return numbers;
}

/** Whose energy it is: the architecture at its size. Weights of it share the measurement. */
export const subjectOf = once((table, row) => `${table.text(row, 'architecture')}@${table.text(row, 'input_size')}`);

/** What a link names: weights at a size. */
export const keyOf = once((table, row) => {
  const size = table.text(row, 'input_size');
  return size ? `${table.text(row, 'model')}@${size}` : table.text(row, 'model');
});

/** As it is said: the size only where it is not the usual one. */
export const nameOf = once((table, row) => {
  const size = table.text(row, 'input_size');
  const name = table.text(row, 'architecture');
  return size === '' || size === '224x224' ? name : `${name} at ${size.split('x')[0]}`;
});
