import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { usual, type State } from '../../src/lib/url';
import { describe as words, draw } from '../../src/lib/explore';
import { colouring } from '../../src/lib/series';
import { csv } from '../../src/lib/save';
import { between, overlaps, place } from '../../src/plot/labels';
import { dark, light, outline, shapeCount } from '../../src/plot/palette';
import { paint } from '../../src/plot/paint';
import { layout, logTicks, type Figure } from '../../src/plot/scene';
import { svgSurface } from '../../src/plot/surface';
import { nearestTo, walk } from '../../src/plot/walk';
import { tableOf } from './rows';

const width = (text: string) => text.length * 7;

test('no label lies over another', () => {
  const wish = fc.record({ id: fc.nat(), x: fc.integer({ min: 0, max: 400 }), y: fc.integer({ min: 0, max: 300 }), text: fc.constantFrom('a', 'resnet50', 'vit_base_patch16_224') });
  fc.assert(
    fc.property(fc.uniqueArray(wish, { selector: (w) => w.id }), (wishes) => {
      const placed = place(wishes, { x: 0, y: 0, width: 400, height: 300 }, width);
      for (const [i, a] of placed.entries()) {
        for (const b of placed.slice(i + 1)) expect(overlaps(a, b)).toBe(false);
        expect(a.x >= 0 && a.x + a.width <= 400 && a.y >= 0 && a.y + a.height <= 300).toBe(true);
      }
    }),
  );
});

test('one label alone always finds a place', () => {
  expect(place([{ id: 1, text: 'alone', x: 200, y: 150 }], { x: 0, y: 0, width: 400, height: 300 }, width)).toHaveLength(1);
});

test('a label goes where no line strikes it out', () => {
  const inside = { x: 0, y: 0, width: 400, height: 300 };
  // At the left edge, with a line to the right as a frontier has it: neither left of the point nor on the line.
  const wish = { id: 1, text: 'member', x: 5, y: 150 };
  const line = between([5, 150], [300, 150]);
  const [free] = place([wish], inside, width, [{ id: 2, x: 20, y: 165 }]);
  expect(overlaps(free!, line)).toBe(true);
  const [placed] = place([wish], inside, width, [{ id: 2, x: 20, y: 165 }], [line]);
  expect(overlaps(placed!, line)).toBe(false);
});

describe('axes', () => {
  const figure = (x: number[], log: boolean): Figure => ({
    marks: x.map((v, id) => ({ id, name: '', x: v, y: 1, series: 0 })),
    series: [], lines: [], labelled: [], bars: false,
    x: { name: 'energy_j_per_image', unit: 'J', title: '', log },
    y: { name: 'imagenet_top1', unit: '%', title: '', log: false },
  });
  test('hold all points, and their pixels lead back', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 1e-6, max: 1e6, noNaN: true }), { minLength: 1 }), fc.boolean(), (x, log) => {
        const at = layout(figure(x, log), 800, 400);
        for (const value of x) {
          const pixel = at.x(value);
          expect(pixel).toBeGreaterThanOrEqual(at.left);
          expect(pixel).toBeLessThanOrEqual(at.width - at.right);
          expect(Math.abs(at.x(at.x.invert(pixel)) - pixel)).toBeLessThan(0.01);
        }
      }),
      { examples: [[[1.0000000000000002e-6, 1e-6], true]] },
    );
  });
  test('of dates have whole years', () => {
    const dates = { ...figure([2015.5, 2018.25, 2020], false), x: { name: 'architecture_date', unit: '', title: '', log: false } };
    expect(layout(dates, 1400, 400).x.ticks.map((tick) => tick.text)).toEqual(['2016', '2017', '2018', '2019', '2020']);
  });
  test('have ticks even over a short range, and finite ones without any point', () => {
    expect(logTicks(0.0041, 3.1, 10)).toEqual([0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2]);
    expect(logTicks(0.041, 0.048, 8).length).toBeGreaterThan(1);
    expect(layout(figure([], true), 300, 200).x.ticks.every((tick) => Number.isFinite(tick.at))).toBe(true);
  });
});

describe('figure of explore', () => {
  const table = tableOf(
    { model: 'a', architecture: 'a', energy_j_per_image: 0.1, imagenet_top1: 80 },
    { model: 'b', architecture: 'b', energy_j_per_image: 0.2, imagenet_top1: 79, kind: 'MLP' },
    { model: 'c', architecture: 'c', energy_j_per_image: 0.3, imagenet_top1: 85 },
    { model: 'p', architecture: 'p', energy_j_per_image: 0.01, imagenet_top1: 90, status: 'predicted', energy_origin: 'predicted' },
    { model: 'n', architecture: 'n', imagenet_top1: null },
  );
  const drawn = (change: Partial<State> = {}) => {
    const rows = [...table.rows];
    const colours = colouring(table, { setups: [] } as never, rows, 'kind');
    return draw(table, rows, table.column('energy_j_per_image')!, table.column('imagenet_top1')!, colours, { ...usual, ...change });
  };

  test('has a frontier of measurements, and outlines of predictions', () => {
    const { figure, members, absent } = drawn();
    expect(members.map((row) => table.text(row, 'model'))).toEqual(['a', 'c']);
    expect(figure.marks.filter((mark) => mark.hollow).map((mark) => mark.id)).toEqual([3]);
    expect(absent.unknown).toBe(1);
    expect(figure.x.log).toBe(true);
    expect(figure.y.log).toBe(false);
  });

  test('labels what is pinned first', () => {
    const { figure } = drawn({ pins: ['b@224x224'], hide: ['labels'] });
    expect(figure.labelled).toEqual([1]);
  });

  test('says origin and interval of a point', () => {
    const said = words(table, table.rows[3]!, [table.column('energy_j_per_image')!], 's').join('\n');
    expect(said).toContain('10.0 mJ');
    expect(said).toContain('9.90 mJ to 10.1 mJ');
    expect(said).toContain('predicted');
  });

  test('is an SVG that escapes names', () => {
    const { figure } = drawn();
    figure.marks.find((mark) => mark.id === 0)!.name = '<a> & "b"';
    const surface = svgSurface();
    paint(surface, figure, layout(figure, 600, 400), light, width);
    const svg = surface.document(600, 400, 'x < y');
    expect(svg).toContain('&lt;a&gt; &amp; &quot;b&quot;');
    expect(svg).not.toMatch(/NaN|undefined|Infinity/);
  });
});

test('arrow keys reach every point', () => {
  const spots = [{ id: 3, x: 5, y: 1 }, { id: 1, x: 1, y: 9 }, { id: 2, x: 1, y: 9 }];
  let at = walk(spots, null, 'right');
  const seen = [at];
  for (let i = 0; i < 3; i += 1) seen.push((at = walk(spots, at, 'right')));
  expect(seen).toEqual([1, 2, 3, 3]);
  expect(walk(spots, 3, 'up')).toBe(1);
  expect(walk(spots, 1, 'last')).toBe(3);
  expect(walk([], null, 'left')).toBeNull();
  expect(nearestTo(spots, 6, 2)).toBe(3);
  expect(nearestTo(spots, 100, 100)).toBeNull();
});

/** Relative luminance contrast, WCAG 2.2. */
function contrast(a: string, b: string): number {
  const luminance = (hex: string) => {
    const [r, g, bl] = [1, 3, 5].map((i) => {
      const c = parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * bl;
  };
  const [high, low] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (high + 0.05) / (low + 0.05);
}

test.each([['light', light], ['dark', dark]])('colours of %s stand out from their ground', (_, palette) => {
  for (const hue of [...palette.hues, ...palette.letters, palette.grey]) expect(contrast(hue, palette.ground)).toBeGreaterThanOrEqual(3);
  for (const text of [palette.text, palette.faint]) expect(contrast(text, palette.ground)).toBeGreaterThanOrEqual(4.5);
  expect(palette.hues).toHaveLength(8);
});

test('shapes differ', () => {
  const all = Array.from({ length: shapeCount }, (_, i) => JSON.stringify(outline(i, 5)));
  expect(new Set(all).size).toBe(shapeCount);
});

test('CSV quotes what must be, and unknown is empty', () => {
  const table = tableOf({ model: 'a "b", c', imagenet_top1: null });
  expect(csv(table, table.rows, ['model', 'imagenet_top1'])).toBe('model,imagenet_top1\r\n"a ""b"", c",\r\n');
});
