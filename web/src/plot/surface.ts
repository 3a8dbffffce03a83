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

export interface Surface {
  rectangle(x: number, y: number, width: number, height: number, fill: Fill): void;
  polygon(points: readonly (readonly [number, number])[], fill: Fill | null, stroke: Stroke | null): void;
  polyline(points: readonly (readonly [number, number])[], stroke: Stroke): void;
  text(x: number, y: number, text: string, style: TextStyle): void;
}

const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif';

export function canvasSurface(context: CanvasRenderingContext2D): Surface {
  const trace = (points: readonly (readonly [number, number])[]) => {
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
  return {
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
}

const round = (value: number) => String(Math.round(value * 100) / 100);

export function svgSurface(): Surface & { document(width: number, height: number, title: string): string } {
  const parts: string[] = [];
  const coordinates = (points: readonly (readonly [number, number])[]) =>
    points.map(([x, y]) => `${round(x)},${round(y)}`).join(' ');
  const stroke = (s: Stroke | null) =>
    s === null
      ? ''
      : ` stroke="${s.colour}" stroke-width="${s.width}"${s.dash ? ` stroke-dasharray="${s.dash.join(' ')}"` : ''}${s.alpha === undefined ? '' : ` stroke-opacity="${s.alpha}"`}`;
  const fill = (f: Fill | null) =>
    f === null ? ' fill="none"' : ` fill="${f.colour}"${f.alpha === undefined ? '' : ` fill-opacity="${f.alpha}"`}`;
  return {
    rectangle(x, y, width, height, f) {
      parts.push(`<rect x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}"${fill(f)}/>`);
    },
    polygon(points, f, s) {
      parts.push(`<polygon points="${coordinates(points)}"${fill(f)}${stroke(s)}/>`);
    },
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
}
