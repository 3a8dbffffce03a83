import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hasFigure, iframe } from '../../src/lib/embed';
import { mostPins, parse, print, usual, views, type State } from '../../src/lib/url';

const text = fc.string({ unit: 'binary' }).map((s) => Buffer.from(s).toString());
const name = text.filter((s) => s !== '');
const number = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => (Object.is(n, -0) ? 0 : n));
const notNegative = number.map(Math.abs);
const scale = fc.constantFrom('auto', 'linear', 'log') as fc.Arbitrary<State['xScale']>;

const state: fc.Arbitrary<State> = fc
  .record({
    view: fc.constantFrom(...views),
    model: text,
    theme: fc.constantFrom('system', 'light', 'dark'),
    embed: text,
    setup: text,
    policy: text,
    x: text,
    y: text,
    xScale: scale,
    yScale: scale,
    colour: fc.constantFrom('kind', 'family', 'setup', 'letter'),
    weights: fc.constantFrom('best', 'all'),
    with: fc.uniqueArray(fc.constantFrom('disturbed', 'failed', 'predicted')),
    hide: fc.uniqueArray(fc.constantFrom('bars', 'frontier', 'labels')),
    ranges: fc.array(
      fc.oneof(
        fc.record({ column: name, min: number }),
        fc.record({ column: name, max: number }),
        fc.record({ column: name, min: number, max: number }),
      ),
    ),
    kinds: fc.array(name),
    families: fc.array(name),
    licences: fc.array(name),
    letters: fc.array(name),
    search: text,
    rank: fc.constantFrom('energy', 'score', 'accuracy', 'throughput'),
    sort: text,
    descending: fc.boolean(),
    columns: fc.array(name),
    pins: fc.array(name, { maxLength: mostPins }),
    from: text,
    to: text,
    finding: text,
    images: notNegative,
    joules: notNegative,
    pue: notNegative,
    grid: notNegative,
    price: notNegative,
  })
  // Only the page of a model has one in its path.
  .map((s) => (s.view === 'model' ? s : { ...s, model: '' })) as fc.Arbitrary<State>;

describe('a figure alone', () => {
  test('is known by view and name', () => {
    for (const view of views) {
      const only = ['explore', 'setups', 'model'].includes(view);
      expect(hasFigure(view, 'figure'), view).toBe(only || view === 'findings');
      expect(hasFigure(view, 'frontier'), view).toBe(view === 'findings');
    }
  });

  test('has an address that a page may hold, whatever is in it', () => {
    const html = iframe('http://host/#/explore?search="><script>&setup=a', 'Energy & "top-1"');
    expect(html).toContain('src="http://host/#/explore?search=&quot;&gt;&lt;script&gt;&amp;setup=a"');
    expect(html).toContain('title="Energy &amp; &quot;top-1&quot;"');
    expect(html.match(/[<>]/g)).toEqual(['<', '>', '<', '>']);
  });
});

describe('address', () => {
  test('says all of a state', () => {
    fc.assert(
      fc.property(state, (s) => {
        expect(parse(`#${print(s)}`)).toEqual({ state: s, problems: [] });
      }),
    );
  });

  test('of a usual view is short', () => {
    expect(print(usual)).toBe('/explore');
    expect(parse('')).toEqual({ state: usual, problems: [] });
  });

  test('can be read', () => {
    const s = { ...usual, ranges: [{ column: 'imagenet_top1', min: 82 }], pins: ['net.a@224x224', 'b,c'] };
    expect(print(s)).toBe('/explore?ranges=imagenet_top1:82..&pins=net.a@224x224,b%252Cc');
  });

  test('edited by hand never throws, and what is not understood is said', () => {
    fc.assert(fc.property(fc.string(), (hash) => void parse(`#/explore?${hash}`)));
    const { state: s, problems } = parse('#/explore?xScale=cubic&ranges=imagenet_top1:a..&nonsense=1&colour=kind&pue=-1');
    expect(problems).toHaveLength(4);
    expect(problems.join()).toContain('nonsense');
    expect(s).toEqual(usual);
  });

  test('with a broken escape is kept as it is', () => {
    expect(parse('#/model/50%25%').state.model).toBe('50%25%');
    expect(parse('#/nowhere').problems).toHaveLength(1);
  });

  test('with more pins than can be compared is refused', () => {
    const pins = Array.from({ length: mostPins + 1 }, (_, i) => `m${i}`).join(',');
    expect(parse(`#/compare?pins=${pins}`).problems).toHaveLength(1);
  });
});
