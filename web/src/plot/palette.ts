/** Hues that colour-blind readers tell apart (after Okabe and Ito, Color Universal Design, 2008), darkened or lightened
 * until each has 3:1 on its ground. Shapes go with them: colour never says it alone. */

export interface Palette {
  hues: string[];
  /** From A, the best, to G: lightness falls or rises all the way, so that grey print keeps the order. */
  letters: string[];
  grey: string;
  text: string;
  faint: string;
  grid: string;
  ground: string;
  accent: string;
}

export const light: Palette = {
  hues: ['#0067b1', '#c94f00', '#00805c', '#a8448a', '#8a6d00', '#2a8fc4', '#7a3b12', '#5b4bb5'],
  letters: ['#00224e', '#2a3f6d', '#575c6d', '#7a7350', '#8a6d00', '#b0620a', '#c23a22'],
  grey: '#6b7280',
  text: '#1b1f24',
  faint: '#57606a',
  grid: '#e4e7eb',
  ground: '#ffffff',
  accent: '#0b5cad',
};

export const dark: Palette = {
  hues: ['#5fb3f0', '#f0873c', '#2fc59a', '#e08cc6', '#e3cf4b', '#9bd3f5', '#d39a6a', '#a99bf0'],
  letters: ['#e8f4ff', '#b9d3ee', '#9fb4c9', '#c2b77c', '#dcb24a', '#ee9440', '#f0705a'],
  grey: '#9aa4b0',
  text: '#e6e9ed',
  faint: '#a5afba',
  grid: '#2c333b',
  ground: '#14181d',
  accent: '#6cb6ff',
};

export const shapes = ['circle', 'square', 'triangle', 'diamond', 'down', 'plus', 'star', 'cross'] as const;
export const shapeCount = shapes.length;

/** Outline of a shape of radius r about 0, 0; its area is about that of the circle. */
export function outline(shape: number, r: number): [number, number][] {
  const ring = (n: number, turn: number, radii: number[]): [number, number][] =>
    Array.from({ length: n }, (_, i) => {
      const angle = turn + (i * 2 * Math.PI) / n;
      const radius = r * radii[i % radii.length]!;
      return [radius * Math.cos(angle), radius * Math.sin(angle)];
    });
  const up = -Math.PI / 2;
  switch (shapes[shape % shapeCount]) {
    case 'square':
      return ring(4, Math.PI / 4, [1.25]);
    case 'triangle':
      return ring(3, up, [1.4]);
    case 'diamond':
      return ring(4, up, [1.35]);
    case 'down':
      return ring(3, -up, [1.4]);
    case 'star':
      return ring(10, up, [1.5, 0.65]);
    case 'plus':
    case 'cross': {
      const [a, b] = [0.45 * r, 1.3 * r];
      const arms: [number, number][] = [
        [-a, -b], [a, -b], [a, -a], [b, -a], [b, a], [a, a],
        [a, b], [-a, b], [-a, a], [-b, a], [-b, -a], [-a, -a],
      ];
      if (shapes[shape % shapeCount] === 'plus') return arms;
      const turn = Math.SQRT1_2;
      return arms.map(([x, y]) => [(x - y) * turn, (x + y) * turn]);
    }
    default:
      return ring(14, 0, [1.08]);
  }
}
