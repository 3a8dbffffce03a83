/** Places for labels: each beside its point, none over another, over a point that is labelled or over a line. */

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Placed extends Box {
  id: number;
  text: string;
  align: 'start' | 'end' | 'middle';
  /** Where the text is anchored. */
  anchor: [number, number];
}

export interface Wish {
  id: number;
  text: string;
  x: number;
  y: number;
}

export function overlaps(a: Box, b: Box): boolean {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

/** What a line from here to there takes, where it is level or upright. */
export function between([x1, y1]: [number, number], [x2, y2]: [number, number]): Box {
  return { x: Math.min(x1, x2), y: Math.min(y1, y2), width: Math.abs(x1 - x2), height: Math.abs(y1 - y2) };
}

/** Greedy, in the order of the wishes; a label without a free place is left out. `others` are points without a label. */
export function place(
  wishes: Wish[],
  inside: Box,
  widthOf: (text: string) => number,
  others: readonly { id: number; x: number; y: number }[] = [],
  lines: readonly Box[] = [],
  height = 14,
  gap = 9,
): Placed[] {
  const points = [...wishes, ...others].map(({ id, x, y }) => ({ id, x: x - 5, y: y - 5, width: 10, height: 10 }));
  const placed: Placed[] = [];
  for (const { id, text, x, y } of wishes) {
    const width = widthOf(text);
    const options: Omit<Placed, 'id' | 'text'>[] = [
      box(x - gap, y - gap, 'end'),
      box(x + gap, y + gap, 'start'),
      box(x - gap, y, 'end'),
      box(x + gap, y, 'start'),
      box(x, y - gap - 5, 'middle'),
      box(x, y + gap + 5, 'middle'),
      box(x + gap, y - gap, 'start'),
      box(x - gap, y + gap, 'end'),
    ];
    const free = options.find(
      (option) =>
        option.x >= inside.x &&
        option.y >= inside.y &&
        option.x + option.width <= inside.x + inside.width &&
        option.y + option.height <= inside.y + inside.height &&
        !placed.some((other) => overlaps(option, other)) &&
        !lines.some((line) => overlaps(option, line)) &&
        !points.some((point) => point.id !== id && overlaps(option, point)),
    );
    if (free) placed.push({ id, text, ...free });

    function box(at: number, middle: number, align: Placed['align']) {
      const left = align === 'start' ? at : align === 'end' ? at - width : at - width / 2;
      return { x: left, y: middle - height / 2, width, height, align, anchor: [at, middle] as [number, number] };
    }
  }
  return placed;
}
