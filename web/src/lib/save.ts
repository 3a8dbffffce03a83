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

/** A picture that can be printed: three pixels for each of the screen. */
export function png(name: string, width: number, height: number, draw: (context: CanvasRenderingContext2D) => void): void {
  const large = document.createElement('canvas');
  const scale = 3;
  [large.width, large.height] = [width * scale, height * scale];
  const context = large.getContext('2d');
  if (!context) return;
  context.scale(scale, scale);
  draw(context);
  large.toBlob((blob) => blob && save(`${name}.png`, blob));
}

/** Copies, and says in words whether it could. */
export async function copy(text: string): Promise<string> {
  try {
    await navigator.clipboard.writeText(text);
    return 'Copied.';
  } catch {
    return 'The browser does not allow copying; select the text instead.';
  }
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
