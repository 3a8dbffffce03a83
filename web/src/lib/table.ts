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

  /** A number, or a date as a year with its fraction; null is unknown. */
  number(row: Row, name: string): number | null {
    const cell = this.cell(row, name);
    if (typeof cell === 'number') return cell;
    return typeof cell === 'string' && isDate(name) ? yearOf(cell) : null;
  }

  text(row: Row, name: string): string {
    const cell = this.cell(row, name);
    return cell === null ? '' : String(cell);
  }

  flags(row: Row): string[] {
    return this.text(row, 'flags').split(' ').filter(Boolean);
  }
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
export function subjectOf(table: Table, row: Row): string {
  const size = table.text(row, 'input_size');
  return `${table.text(row, 'architecture')}@${size}`;
}

/** What a link names: weights at a size. */
export function keyOf(table: Table, row: Row): string {
  const size = table.text(row, 'input_size');
  return size ? `${table.text(row, 'model')}@${size}` : table.text(row, 'model');
}

/** As it is said: the size only where it is not the usual one. */
export function nameOf(table: Table, row: Row): string {
  const size = table.text(row, 'input_size');
  const name = table.text(row, 'architecture');
  return size === '' || size === '224x224' ? name : `${name} at ${size.split('x')[0]}`;
}
