/** Draws a figure on a surface. */
import { between, place } from './labels';
import { outline, type Palette } from './palette';
import type { Figure, Layout, Line, Mark, Series } from './scene';
import type { Stamp, Surface } from './surface';

export function colourOf(series: Series | undefined, palette: Palette): string {
  if (!series) return palette.grey;
  return (series.ordered ? palette.letters : palette.hues)[series.hue] ?? palette.grey;
}

export function radiusFor(marks: number): number {
  return marks > 2000 ? 2.5 : marks > 400 ? 3.5 : 5;
}

export function paint(
  surface: Surface,
  figure: Figure,
  at: Layout,
  palette: Palette,
  widthOf: (text: string) => number,
): void {
  surface.rectangle(0, 0, at.width, at.height, { colour: palette.ground });
  axes(surface, figure, at, palette);
  if (figure.diagonal) diagonal(surface, at, palette);
  const r = radiusFor(figure.marks.length);
  if (figure.bars) for (const mark of figure.marks) bars(surface, mark, figure, at, palette);
  lines(surface, figure, at, palette);
  points(surface, figure, at, palette, r);
  labels(surface, figure, at, palette, widthOf);
}

function axes(surface: Surface, figure: Figure, at: Layout, palette: Palette): void {
  const [right, floor] = [at.width - at.right, at.height - at.bottom];
  const grid = { colour: palette.grid, width: 1 };
  const small = { colour: palette.faint, size: 12 } as const;
  for (const tick of at.x.ticks) {
    surface.polyline([[tick.at, at.top], [tick.at, floor]], grid);
    surface.text(tick.at, floor + 14, tick.text, { ...small, align: 'middle' });
  }
  for (const tick of at.y.ticks) {
    surface.polyline([[at.left, tick.at], [right, tick.at]], grid);
    surface.text(at.left - 8, tick.at, tick.text, { ...small, align: 'end' });
  }
  const frame = { colour: palette.faint, width: 1 };
  surface.polyline([[at.left, at.top], [at.left, floor], [right, floor]], frame);
  const title = { colour: palette.text, size: 13, align: 'middle', bold: true } as const;
  surface.text((at.left + right) / 2, at.height - 12, figure.x.title + (figure.x.log ? ', log' : ''), title);
  surface.text(9, (at.top + floor) / 2, figure.y.title + (figure.y.log ? ', log' : ''), { ...title, turned: true });
}

function diagonal(surface: Surface, at: Layout, palette: Palette): void {
  const steps = 60;
  const points: [number, number][] = [];
  for (let i = 0; i <= steps; i += 1) {
    const x = at.left + ((at.width - at.right - at.left) * i) / steps;
    const y = at.y(at.x.invert(x));
    if (y >= at.top && y <= at.height - at.bottom) points.push([x, y]);
  }
  surface.polyline(points, { colour: palette.faint, width: 1.5, dash: [6, 4] });
}

function bars(surface: Surface, mark: Mark, figure: Figure, at: Layout, palette: Palette): void {
  const colour = colourOf(figure.series[mark.series], palette);
  const [x, y] = [at.x(mark.x), at.y(mark.y)];
  const clampX = (v: number) => Math.min(Math.max(v, at.left), at.width - at.right);
  const clampY = (v: number) => Math.min(Math.max(v, at.top), at.height - at.bottom);
  const draw = (ends: [number, number] | undefined, axis: 'x' | 'y', width: number, alpha: number) => {
    if (!ends) return;
    const [a, b] = ends.map((end) => (axis === 'x' ? clampX(at.x(end)) : clampY(at.y(end)))) as [number, number];
    if (!Number.isFinite(a) || !Number.isFinite(b)) return;
    surface.polyline(axis === 'x' ? [[a, y], [b, y]] : [[x, a], [x, b]], { colour, width, alpha });
  };
  draw(mark.xWide, 'x', 1, 0.35);
  draw(mark.yWide, 'y', 1, 0.35);
  draw(mark.xEnds, 'x', 2.5, 0.55);
  draw(mark.yEnds, 'y', 2.5, 0.55);
}

function lines(surface: Surface, figure: Figure, at: Layout, palette: Palette): void {
  for (const line of figure.lines) {
    const colour = line.hue === null ? palette.text : (palette.hues[line.hue] ?? palette.grey);
    surface.polyline(corners(line, at), { colour, width: 1.5, alpha: line.kind === 'stairs' ? 0.75 : 0.5 });
  }
}

function corners(line: Line, at: Layout): [number, number][] {
  const points: [number, number][] = [];
  for (const point of line.points) {
    const [x, y] = [at.x(point.x), at.y(point.y)];
    const before = points.at(-1);
    // A frontier holds what it has until the next member.
    if (line.kind === 'stairs' && before) points.push([x, before[1]]);
    points.push([x, y]);
  }
  return points;
}

function points(surface: Surface, figure: Figure, at: Layout, palette: Palette, r: number): void {
  // Two of each series: filled, and hollow.
  const stamps = [...figure.series, undefined].flatMap((series): Stamp[] => {
    const [shape, colour] = [outline(series?.shape ?? 0, r), colourOf(series, palette)];
    return [
      { outline: shape, fill: { colour, alpha: 0.9 }, stroke: { colour: palette.ground, width: 0.75 } },
      { outline: shape, fill: { colour: palette.ground }, stroke: { colour, width: 1.5 } },
    ];
  });
  const places = figure.marks.map((mark) => ({
    x: at.x(mark.x),
    y: at.y(mark.y),
    stamp: 2 * Math.min(mark.series, figure.series.length) + (mark.hollow ? 1 : 0),
  }));
  surface.stamp(stamps, places);
  figure.marks.forEach((mark, i) => {
    if (mark.pinned) ring(surface, places[i]!.x, places[i]!.y, r + 4, palette.text, 1.5);
  });
}

export function ring(surface: Surface, x: number, y: number, r: number, colour: string, width: number): void {
  surface.polygon(
    Array.from({ length: 24 }, (_, i) => {
      const angle = (i * Math.PI) / 12;
      return [x + r * Math.cos(angle), y + r * Math.sin(angle)] as const;
    }),
    null,
    { colour, width },
  );
}

function labels(
  surface: Surface,
  figure: Figure,
  at: Layout,
  palette: Palette,
  widthOf: (text: string) => number,
): void {
  const wanted = new Set(figure.labelled);
  const byId = new Map(figure.marks.filter((mark) => wanted.has(mark.id)).map((mark) => [mark.id, mark]));
  const wishes = figure.labelled.flatMap((id) => {
    const mark = byId.get(id);
    return mark ? [{ id, text: mark.name, x: at.x(mark.x), y: at.y(mark.y) }] : [];
  });
  const inside = {
    x: at.left + 2,
    y: at.top,
    width: at.width - at.right - at.left,
    height: at.height - at.bottom - at.top,
  };
  // Among very many points there is no free place at all; labels then lie over some.
  const few = figure.marks.length <= 500;
  const others = few ? figure.marks.map((m) => ({ id: m.id, x: at.x(m.x), y: at.y(m.y) })) : [];
  const steps = figure.lines.flatMap((line) =>
    line.kind === 'stairs' ? corners(line, at).map(([x, y], i, all) => between([x, y], all[i + 1] ?? [x, y])) : [],
  );
  for (const label of place(wishes, inside, widthOf, others, steps)) {
    surface.text(label.anchor[0], label.anchor[1], label.text, {
      colour: palette.text,
      size: 12,
      align: label.align,
      halo: palette.ground,
      bold: byId.get(label.id)?.pinned ?? false,
    });
  }
}
