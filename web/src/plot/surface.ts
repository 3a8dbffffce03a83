/** One drawing, two grounds: the canvas of the page, and an SVG file. */
import { escaped } from '../lib/embed';

export interface Stroke {
  colour: string;
  width: number;
  dash?: number[];
  alpha?: number;
}

export interface Fill {
  colour: string;
  alpha?: number;
}

export interface TextStyle {
  colour: string;
  size: number;
  align: 'start' | 'middle' | 'end';
  bold?: boolean;
  /** Drawn behind the letters, to part them from points. */
  halo?: string;
  /** Quarter turns to the left. */
  turned?: boolean;
}

export type Points = readonly (readonly [number, number])[];

/** An outline about 0, 0, and how it is drawn. */
export interface Stamp {
  outline: Points;
  fill: Fill | null;
  stroke: Stroke | null;
}

export interface Place {
  x: number;
  y: number;
  /** Index of its stamp. */
  stamp: number;
}

export interface Surface {
  rectangle(x: number, y: number, width: number, height: number, fill: Fill): void;
  polygon(points: Points, fill: Fill | null, stroke: Stroke | null): void;
  /** Few outlines at many places, each over those before it. */
  stamp(stamps: readonly Stamp[], places: readonly Place[]): void;
  polyline(points: Points, stroke: Stroke): void;
  text(x: number, y: number, text: string, style: TextStyle): void;
}

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

export function canvasSurface(context: CanvasRenderingContext2D | OffscreenCanvasRenderingContext2D): Surface {
  const trace = (points: Points) => {
    context.beginPath();
    points.forEach(([x, y], i) => (i === 0 ? context.moveTo(x, y) : context.lineTo(x, y)));
  };
  const stroked = ({ colour, width, dash, alpha }: Stroke) => {
    context.globalAlpha = alpha ?? 1;
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.setLineDash(dash ?? []);
    context.stroke();
    context.globalAlpha = 1;
  };
  const filled = ({ colour, alpha }: Fill) => {
    context.globalAlpha = alpha ?? 1;
    context.fillStyle = colour;
    context.fill();
    context.globalAlpha = 1;
  };
  const surface: Surface = {
    rectangle(x, y, width, height, fill) {
      context.beginPath();
      context.rect(x, y, width, height);
      filled(fill);
    },
    polygon(points, fill, stroke) {
      trace(points);
      context.closePath();
      if (fill) filled(fill);
      if (stroke) stroked(stroke);
    },
    stamp(stamps, places) {
      if (places.length <= fewPlaces) {
        stampExactly(surface, stamps, places);
        return;
      }
      const scale = context.getTransform().a;
      const { width, height } = context.canvas;
      const image = context.getImageData(0, 0, width, height);
      const pixels = stamps.map((stamp) => pixelsOf(stamp, scale, width));
      for (const { x, y, stamp } of places) {
        blend(image.data, pixels[stamp]!, Math.round(y * scale) * width + Math.round(x * scale));
      }
      context.putImageData(image, 0, 0);
    },
    polyline(points, stroke) {
      trace(points);
      stroked(stroke);
    },
    text(x, y, text, style) {
      context.save();
      context.translate(x, y);
      if (style.turned) context.rotate(-Math.PI / 2);
      context.font = `${style.bold ? '600 ' : ''}${style.size}px ${font}`;
      context.textAlign = style.align === 'middle' ? 'center' : style.align;
      context.textBaseline = 'middle';
      if (style.halo) {
        context.strokeStyle = style.halo;
        context.lineWidth = 3;
        context.lineJoin = 'round';
        context.strokeText(text, 0, 0);
      }
      context.fillStyle = style.colour;
      context.fillText(text, 0, 0);
      context.restore();
    },
  };
  return surface;
}

/** Up to so many, outlines are drawn at their very places. More are laid over the picture at the nearest pixel, by hand:
 * a figure of 12,000 takes 10 ms, with `drawImage` of each 29, with outlines traced 54 (bench/README.md). */
const fewPlaces = 2000;

function stampExactly(surface: Surface, stamps: readonly Stamp[], places: readonly Place[]): void {
  for (const { x, y, stamp } of places) {
    const { outline, fill, stroke } = stamps[stamp]!;
    surface.polygon(outline.map(([dx, dy]) => [x + dx, y + dy] as const), fill, stroke);
  }
}

/** What a stamp puts over a picture of this width, five numbers for each pixel: where it is from the middle, what it adds of red,
 * green and blue, and what share it leaves. */
function pixelsOf({ outline, fill, stroke }: Stamp, scale: number, width: number): number[] {
  const reach = Math.max(...outline.flat().map(Math.abs)) + (stroke?.width ?? 0);
  const middle = Math.ceil(reach * scale) + 1;
  const size = 2 * middle;
  const context = new OffscreenCanvas(size, size).getContext('2d')!;
  context.setTransform(scale, 0, 0, scale, middle, middle);
  canvasSurface(context).polygon(outline, fill, stroke);
  const { data } = context.getImageData(0, 0, size, size);
  const pixels: number[] = [];
  for (let i = 0; i < size * size; i += 1) {
    const [red, green, blue, alpha] = data.subarray(4 * i, 4 * i + 4) as unknown as [number, number, number, number];
    const share = alpha / 255;
    const offset = (Math.floor(i / size) - middle) * width + (i % size) - middle;
    if (alpha > 0) pixels.push(offset, red * share, green * share, blue * share, 1 - share);
  }
  return pixels;
}

/** `data` is opaque, for the ground of a figure is. What would be above or below it is not there. */
function blend(data: Uint8ClampedArray, pixels: number[], middle: number): void {
  for (let i = 0; i < pixels.length; i += 5) {
    const at = 4 * (middle + pixels[i]!);
    const leaves = pixels[i + 4]!;
    data[at] = pixels[i + 1]! + data[at]! * leaves;
    data[at + 1] = pixels[i + 2]! + data[at + 1]! * leaves;
    data[at + 2] = pixels[i + 3]! + data[at + 2]! * leaves;
  }
}

const round = (value: number) => String(Math.round(value * 100) / 100);

export function svgSurface(): Surface & { document(width: number, height: number, title: string): string } {
  const parts: string[] = [];
  const coordinates = (points: Points) =>
    points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  const stroke = (s: Stroke | null) =>
    s === null
      ? ''
      : ` stroke="${s.colour}" stroke-width="${s.width}"${s.dash ? ` stroke-dasharray="${s.dash.join(' ')}"` : ''}${s.alpha === undefined ? '' : ` stroke-opacity="${s.alpha}"`}`;
  const fill = (f: Fill | null) =>
    f === null ? ' fill="none"' : ` fill="${f.colour}"${f.alpha === undefined ? '' : ` fill-opacity="${f.alpha}"`}`;
  const surface: ReturnType<typeof svgSurface> = {
    rectangle(x, y, width, height, f) {
      parts.push(`<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"${fill(f)}/>`);
    },
    polygon(points, f, s) {
      parts.push(`<polygon points="${coordinates(points)}"${fill(f)}${stroke(s)}/>`);
    },
    stamp: (stamps, places) => stampExactly(surface, stamps, places),
    polyline(points, s) {
      parts.push(`<polyline points="${coordinates(points)}" fill="none"${stroke(s)}/>`);
    },
    text(x, y, text, style) {
      const halo = style.halo ? ` stroke="${style.halo}" stroke-width="3" paint-order="stroke" stroke-linejoin="round"` : '';
      const turn = style.turned ? ` transform="rotate(-90 ${round(x)} ${round(y)})"` : '';
      parts.push(
        `<text x="${round(x)}" y="${round(y)}" dy=".35em" font-size="${style.size}"${style.bold ? ' font-weight="600"' : ''} text-anchor="${style.align}" fill="${style.colour}"${halo}${turn}>${escaped(text)}</text>`,
      );
    },
    document(width, height, title) {
      return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" font-family="${escaped(font)}"><title>${escaped(title)}</title>${parts.join('')}</svg>`;
    },
  };
  return surface;
}
