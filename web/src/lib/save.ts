/** Files for a person to keep. */
import type { Row, Table } from './table';

export function save(name: string, content: Blob | string, type = 'text/plain'): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const url = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  // The download has its own hold on the blob by then.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** RFC 4180; unknown is empty, as in the program's own. */
export function csv(table: Table, rows: readonly Row[], columns = table.columns.map((c) => c.name)): string {
  const field = (value: unknown) => {
    const text = value === null || value === undefined ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const lines = [columns, ...rows.map((row) => columns.map((name) => table.cell(row, name)))];
  return lines.map((line) => line.map(field).join(',')).join('\r\n') + '\r\n';
}

/** A file's name without what file systems refuse. */
export function fileName(...parts: string[]): string {
  return parts.join('-').replace(/[^A-Za-z0-9._-]+/g, '-').slice(0, 120);
}
