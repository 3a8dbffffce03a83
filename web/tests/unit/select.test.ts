import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Site } from '../../src/lib/api';
import { answers, cheaper, loosened, nearest, nearMisses, placeOf, policiesOf, rowNamed, select, sorted, ties, unsure } from '../../src/lib/select';
import { setupWords } from '../../src/lib/setups';
import { usual, type State } from '../../src/lib/url';
import { names, tableOf } from './rows';

const place = { setup: 's', policy: 'throughput' };
const shown = (table: ReturnType<typeof tableOf>, change: Partial<State>) => names(table, select(table, place, { ...usual, ...change }).shown);

describe('filters', () => {
  const table = tableOf(
    { model: 'a.1', architecture: 'a', imagenet_top1: 81, energy_j_per_image: 0.05 },
    { model: 'a.2', architecture: 'a', imagenet_top1: 83, energy_j_per_image: 0.05 },
    { model: 'b.1', architecture: 'b', imagenet_top1: null, energy_j_per_image: 0.01, kind: 'MLP' },
    { model: 'c.1', architecture: 'c', imagenet_top1: 85, energy_j_per_image: 0.2, licence: 'cc', family: 'vit' },
    { model: 'd.1', architecture: 'd', status: 'out_of_memory', energy_j_per_image: null, ci95_rel: null },
    { model: 'e.1', architecture: 'e', flags: 'weights_random throttled' },
    { model: 'f.1', architecture: 'f', status: 'predicted', energy_origin: 'predicted' },
    { model: 'a.2', architecture: 'a', setup: 't' },
    { model: 'a.2', architecture: 'a', policy: 'batch_1' },
  );

  test('show the best weights of what is fit, of one setup and policy', () => {
    expect(shown(table, {})).toEqual(['a.2', 'b.1', 'c.1']);
    expect(select(table, place, usual).hidden).toEqual({ disturbed: 1, failed: 1, predicted: 1 });
  });

  test('show the rest when asked', () => {
    expect(shown(table, { weights: 'all', with: ['disturbed', 'failed', 'predicted'] })).toEqual(['a.1', 'a.2', 'b.1', 'c.1', 'd.1', 'e.1', 'f.1']);
    expect(names(table, select(table, { setup: '*', policy: 'throughput' }, usual).shown)).toEqual(['a.2', 'b.1', 'c.1', 'a.2']);
  });

  test('are kept by no unknown value', () => {
    expect(shown(table, { ranges: [{ column: 'imagenet_top1', min: 0 }] })).toEqual(['a.2', 'c.1']);
    expect(shown(table, { ranges: [{ column: 'imagenet_top1', max: 84 }] })).toEqual(['a.2']);
    expect(shown(table, { ranges: [{ column: 'no_such_column', min: 0 }] })).toEqual([]);
  });

  test('take the best weights under the licence that is asked for', () => {
    expect(shown(table, { licences: ['cc'] })).toEqual(['c.1']);
    expect(shown(table, { kinds: ['MLP'] })).toEqual(['b.1']);
    expect(shown(table, { search: 'VIT c' })).toEqual(['c.1']);
    expect(shown(table, { search: 'zzz' })).toEqual([]);
  });

  test('sort unknown last, both ways', () => {
    const rows = select(table, place, usual).shown;
    expect(names(table, sorted(table, rows, 'imagenet_top1', false))).toEqual(['a.2', 'c.1', 'b.1']);
    expect(names(table, sorted(table, rows, 'imagenet_top1', true))).toEqual(['c.1', 'a.2', 'b.1']);
    expect(sorted(table, rows, 'no_such_column', true)).toEqual(rows);
  });
});

describe('answers', () => {
  const table = tableOf(
    { model: 'a.1', architecture: 'a', energy_j_per_image: 0.1, imagenet_top1: 82, index: 1.2, images_per_s: 5, run: 'a' },
    { model: 'b.1', architecture: 'b', energy_j_per_image: 0.103, imagenet_top1: 84, index: 0.9, images_per_s: 9, run: 'b' },
    { model: 'c.1', architecture: 'c', energy_j_per_image: 0.05, imagenet_top1: 81, index: null, images_per_s: 7, run: 'c' },
    { model: 'd.1', architecture: 'd', energy_j_per_image: null, status: 'crashed' },
  );
  const ranked = (rank: State['rank']) => names(table, answers(table, [...table.rows], { ...usual, rank }).map((one) => one.row));

  test('are ranked by what is asked for', () => {
    expect(ranked('energy')).toEqual(['c.1', 'a.1', 'b.1']);
    expect(ranked('score')).toEqual(['b.1', 'a.1']);
    expect(ranked('accuracy')).toEqual(['b.1', 'a.1', 'c.1']);
    expect(ranked('throughput')).toEqual(['b.1', 'c.1', 'a.1']);
  });

  test('leave out what has no accuracy, unless nothing has one', () => {
    const small = { model: 'e.1', architecture: 'e', input_size: '128x128', energy_j_per_image: 0.001, imagenet_top1: null, run: 'e' };
    const mixed = tableOf({ model: 'a.1', architecture: 'a', energy_j_per_image: 0.1, imagenet_top1: 82, run: 'a' }, small);
    const of = (rows: typeof mixed) => names(rows, answers(rows, [...rows.rows], usual).map((one) => one.row));
    expect(of(mixed)).toEqual(['a.1']);
    expect(of(tableOf(small))).toEqual(['e.1']);
  });

  test('say which cannot be told from the first', () => {
    const [a, b] = table.rows as [never, never];
    const list = answers(table, [a, b], usual);
    expect(list[0]!.beside).toBeNull();
    expect(list[1]!.beside!.distinguishable).toBe(false);
  });

  test('count all that cannot be told from the first, however far off their values are', () => {
    const row = fc.record({
      energy_j_per_image: fc.double({ min: 0.01, max: 1, noNaN: true }),
      ci95_rel: fc.oneof(fc.double({ min: 0, max: 1.5, noNaN: true }), fc.constant(null)),
      systematic_rel: fc.oneof(fc.double({ min: 0, max: 0.2, noNaN: true }), fc.constant(null)),
      meter: fc.constantFrom('nvml', 'rapl', 'other'),
    });
    fc.assert(
      fc.property(fc.array(row, { minLength: 1, maxLength: 12 }), (rows) => {
        const many = tableOf(...rows);
        const all = answers(many, [...many.rows], usual);
        expect(ties(many, all)).toBe(all.slice(1).filter(({ beside }) => beside && !beside.distinguishable).length);
      }),
    );
  });

  test('suggest only what is as accurate and beyond doubt cheaper', () => {
    const [a, b, c] = table.rows as [never, never, never];
    expect(names(table, cheaper(table, [...table.rows], b, 'imagenet_top1').map((one) => one.row))).toEqual([]);
    expect(names(table, cheaper(table, [...table.rows], c, 'imagenet_top1').map((one) => one.row))).toEqual([]);
    const better = tableOf({ architecture: 'x', model: 'x', run: 'x', energy_j_per_image: 0.1 }, { architecture: 'y', model: 'y', run: 'y', energy_j_per_image: 0.05, imagenet_top1: 80 });
    expect(names(better, cheaper(better, [...better.rows], better.rows[0]!, 'imagenet_top1').map((one) => one.row))).toEqual(['y']);
    void a;
  });
});

describe('at a limit', () => {
  const table = tableOf(
    { model: 'a', architecture: 'a', energy_j_per_image: 0.1, ci95_rel: 0.01, systematic_rel: 0.05, imagenet_top1: 82.1, imagenet_top1_ci95: 0.3 },
    { model: 'b', architecture: 'b', energy_j_per_image: 0.3, imagenet_top1: 85 },
    { model: 'c', architecture: 'c', energy_j_per_image: 0.06, imagenet_top1: 81 },
  );
  const a = table.rows[0]!;
  test('a value whose interval reaches over it is unsure', () => {
    expect(unsure(table, a, [{ column: 'imagenet_top1', min: 82 }])).toHaveLength(1);
    expect(unsure(table, a, [{ column: 'imagenet_top1', min: 81.5 }])).toHaveLength(0);
    // 4 % off: beyond the interval of the runs, within the systematic term.
    expect(unsure(table, a, [{ column: 'energy_j_per_image', max: 0.104 }])).toHaveLength(1);
    expect(unsure(table, a, [{ column: 'energy_j_per_image', max: 0.106 }])).toHaveLength(0);
    expect(unsure(table, a, [{ column: 'images_per_s', min: 1000 }])).toHaveLength(0);
  });

  test('that nothing keeps, the nearest to each is named', () => {
    const ranges = [{ column: 'imagenet_top1', min: 84 }, { column: 'energy_j_per_image', max: 0.2 }];
    const misses = nearMisses(table, place, { ...usual, ranges });
    expect(misses.map((miss) => [miss.range.column, table.text(miss.row, 'model')])).toEqual([['imagenet_top1', 'a'], ['energy_j_per_image', 'b']]);
    const wider = ranges.map((range) => (range === misses[1]!.range ? loosened(range, 0.3) : range));
    expect(shown(table, { ranges: wider })).toEqual(['b']);
  });
});

test('a link names weights, a size, or an architecture', () => {
  const table = tableOf(
    { model: 'net.a', imagenet_top1: 80 },
    { model: 'net.b', imagenet_top1: 84 },
    { model: 'net.b', input_size: '384x384', imagenet_top1: 86 },
  );
  const found = (key: string) => table.rows.indexOf(rowNamed(table, [...table.rows], key)!);
  expect(['net.a', 'net.b@224x224', 'net.b', 'net', 'net@224x224', 'net.c'].map(found)).toEqual([0, 1, 2, 2, 1, -1]);
  expect(nearest(table, 'nat')).toEqual(['net']);
  expect(nearest(table, 'something_else')).toEqual([]);
});

describe('place', () => {
  const setup = (name: string, models: number, policies: string[]) => ({ name, models, policies, device: 'd', runtime: 'r', format: null, precision: 'p', layout: 'l' });
  const site: Site = {
    schema: 'joulemark.site/1', joulemark: '1', edition: null, database: null, analyses: [],
    setups: [setup('few', 2, ['batch_1']), setup('many', 9, ['fixed', 'throughput'])],
  };
  test('is the setup with the most models unless an edition has one', () => {
    expect(placeOf(site, usual)).toEqual({ setup: 'many', policy: 'throughput' });
    expect(placeOf(site, { setup: 'few', policy: '' })).toEqual({ setup: 'few', policy: 'batch_1' });
    expect(placeOf({ ...site, edition: { name: 'e', draft: true, setup: 'few', policy: 'batch_1' } }, usual).setup).toBe('few');
    // A database of one's own, which has nothing of the edition's setup.
    expect(placeOf({ ...site, edition: { name: 'e', draft: true, setup: 'elsewhere', policy: 'batch_1' } }, usual).setup).toBe('many');
    expect(placeOf({ ...site, setups: [] }, usual)).toEqual({ setup: '', policy: '' });
    expect(policiesOf(site, '*')).toEqual(['batch_1', 'fixed', 'throughput']);
  });

  test('of setups that say the same is told apart by name', () => {
    expect(new Set(site.setups.map((one) => setupWords(site, one.name))).size).toBe(2);
  });
});
