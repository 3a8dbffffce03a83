import { describe, expect, test } from 'vitest';
import { intervalOf, isInterval, originOf, mostBetweenSites, pointsBetween, ratioBetween, reasonUnknown, wideInterval } from '../../src/lib/uncertainty';
import { tableOf } from './rows';

/** Two rows of data/results, and what `joulemark compare` says of them: of two boards, nvml, random weights. */
const resnet = {
  model: 'resnet50', architecture: 'resnet50', run: '20261125T100310Z-58ad29', campaign: '20261125T100203Z-4e45ec',
  energy_j_per_image: 0.02758708039601833, ci95_rel: 0.008004298360199419, systematic_rel: 0.03642428247812962, flags: 'power_capped weights_random',
};
const convnext = {
  model: 'convnext_tiny', architecture: 'convnext_tiny', run: '20261125T125549Z-d4d4d7', campaign: '20261125T125145Z-e37025',
  energy_j_per_image: 0.03784721081691125, ci95_rel: 0.006914549554570043, systematic_rel: 0.036465954612608834, flags: 'weights_random',
};

describe('ratio of two energies', () => {
  test('has the interval that joulemark compare gives it', () => {
    const table = tableOf(resnet, convnext);
    const ratio = ratioBetween(table, table.rows[0]!, table.rows[1]!)!;
    expect(ratio.times).toBeCloseTo(1.3719179512150832, 12);
    expect(ratio.low).toBeCloseTo(1.2264219735815294, 9);
    expect(ratio.high).toBeCloseTo(1.534674773780927, 9);
    expect(ratio.distinguishable).toBe(true);
  });

  test('is narrower on one board, where a call of measure or the row says so', () => {
    const oneCall = tableOf(resnet, { ...convnext, campaign: resnet.campaign });
    const named = tableOf({ ...resnet, board: 'b1' }, { ...convnext, board: 'b1' });
    for (const table of [oneCall, named]) {
      const ratio = ratioBetween(table, table.rows[0]!, table.rows[1]!)!;
      expect(Math.log(ratio.high / ratio.times)).toBeCloseTo(0.0507, 3);
    }
    const campaign = { campaign: 'h100-families-a3d7' };
    const sittings = tableOf({ ...resnet, ...campaign }, { ...convnext, ...campaign });
    expect(Math.log(ratioBetween(sittings, sittings.rows[0]!, sittings.rows[1]!)!.high / 1.3719179512)).toBeCloseTo(0.1121, 3);
  });

  test('is wider where one board was warmer, by what it may then take more', () => {
    const [cool, warm] = [{ ...resnet, board: 'b1', temperature_c: 46 }, { ...convnext, board: 'b1', temperature_c: 56.5 }];
    const half = (table: ReturnType<typeof tableOf>) => Math.log(ratioBetween(table, table.rows[0]!, table.rows[1]!)!.high / 1.3719179512150832);
    const own = half(tableOf(cool, { ...warm, temperature_c: null }));
    expect(half(tableOf(cool, warm))).toBeCloseTo(Math.hypot(own, 0.0336), 9);
    expect(half(tableOf(cool, { ...warm, board: 'b2' }))).toBeCloseTo(Math.hypot(own, 0.1), 9);
  });

  test('is that of the two boards, where others of the setup say how far these are apart', () => {
    const on = (board: string, factor: number, half: number) => ({ board, board_factor: factor, board_factor_ci95_rel: half, setup: 's' });
    const [x, y] = [{ ...resnet, ...on('x', 0.99, 0.01) }, { ...convnext, ...on('y', 1.02, 0.012) }];
    const half = (...of: Parameters<typeof tableOf>) => {
      const table = tableOf(...of);
      return Math.log(ratioBetween(table, table.rows[0]!, table.rows[1]!)!.high / 1.3719179512150832);
    };
    const own = half({ ...x, board: 'y' }, y);
    expect(half(x, y)).toBeCloseTo(Math.hypot(own, Math.log(1.02 / 0.99) + 0.022), 9);
    expect(half(x, { ...y, board_factor: null, board_factor_ci95_rel: null })).toBeCloseTo(Math.hypot(own, 0.1), 9);
    const sensors = half(x, { ...y, setup: 't' });
    expect(sensors).toBeCloseTo(half({ ...x, board_factor: null }, { ...y, setup: 't', board_factor: null }), 12);
    const [in16, in32] = [{ ...x, setup: 'gpu-fp16-nhwc' }, { ...y, setup: 'gpu-fp32-nhwc' }];
    expect(half(in16, in32)).toBeCloseTo(Math.hypot(half({ ...in16, board: 'y' }, in32), Math.log(1.02 / 0.99) + 0.022), 9);
  });

  test('of one model on two setups shares its weights and not its meter', () => {
    const table = tableOf({ ...resnet, board: 'a' }, { ...resnet, setup: 't', run: 'other', board: 'a' });
    const ratio = ratioBetween(table, table.rows[0]!, table.rows[1]!)!;
    const own = Math.hypot(resnet.ci95_rel, Math.sqrt(resnet.systematic_rel ** 2 - 0.035 ** 2));
    expect(Math.log(ratio.high)).toBeCloseTo(own * Math.SQRT2, 9);
  });

  test('of two estimates keeps all of the sensor', () => {
    const estimate = { energy_origin: 'estimated', meter: 'estimate', systematic_rel: 0.5, board: 'a' };
    const table = tableOf({ ...estimate, run: 'a' }, { ...estimate, run: 'b', architecture: 'other' });
    const ratio = ratioBetween(table, table.rows[0]!, table.rows[1]!)!;
    expect(Math.log(ratio.high)).toBeCloseTo(Math.hypot(0.01, 0.01, 0.5, 0.5), 9);
  });

  test('of weights that share a measurement is 1, and unknown energies have none', () => {
    const table = tableOf({ run: 'r', model: 'net.a' }, { run: 'r', model: 'net.b' }, { energy_j_per_image: null });
    const [a, b, c] = table.rows as [never, never, never];
    expect(ratioBetween(table, a, b)).toEqual({ times: 1, low: 1, high: 1, distinguishable: false });
    expect(ratioBetween(table, a, c)).toBeNull();
  });
});

test('between two places lies no more than between two boards, or the warmth that is farthest off', () => {
  const most = (...celsius: (number | null)[]) => {
    const table = tableOf(...celsius.map((temperature_c) => ({ temperature_c })));
    return mostBetweenSites(table, table.rows[0]!);
  };
  expect(most(null, 50)).toBe(0.1);
  expect(most(40, null, 60)).toBe(0.1);
  expect(most(80, 30, null, 75)).toBeCloseTo(0.16, 9);
  const factors = tableOf({ board_factor: 0.95, board_factor_ci95_rel: 0.01 }, {}, { board_factor: 1.06, board_factor_ci95_rel: 0.02 });
  expect(mostBetweenSites(factors, factors.rows[0]!)).toBeCloseTo(Math.log(1.06 / 0.95) + 0.03, 9);
});

test('points between accuracies have the interval of two samples', () => {
  const table = tableOf({ imagenet_top1: 81.146, imagenet_top1_ci95: 0.343 }, { imagenet_top1: 84.192, imagenet_top1_ci95: 0.32 });
  const points = pointsBetween(table, table.rows[0]!, table.rows[1]!, 'imagenet_top1')!;
  expect(points.points).toBeCloseTo(3.046, 9);
  expect(points.half).toBeCloseTo(0.469, 3);
  expect(points.distinguishable).toBe(true);
});

test('a value has an interval, or a reason for having none', () => {
  const table = tableOf({ energy_j_per_image: 1, ci95_rel: 0.1, systematic_rel: 0.2 }, { energy_j_per_image: null, status: 'out_of_memory', message: 'needs 90 GB' });
  const [ok, failed] = table.rows as [never, never];
  const energy = intervalOf(table, ok, 'energy_j_per_image');
  expect(isInterval(energy) && energy.high).toBeCloseTo(Math.exp(0.1), 12);
  expect(wideInterval(table, ok)!.high).toBeCloseTo(Math.exp(Math.hypot(0.1, 0.2)), 12);
  expect(intervalOf(table, ok, 'images_per_s')).toHaveProperty('none');
  expect(intervalOf(table, failed, 'energy_j_per_image')).toEqual({ none: 'no measurement: needs 90 GB' });
  expect(reasonUnknown(table, ok, 'gmacs')).toMatch(/not published/);
});

test('each value has its origin', () => {
  const table = tableOf({ energy_origin: 'predicted' });
  const row = table.rows[0]!;
  expect(originOf(table, row, 'energy_j_per_image')).toBe('predicted');
  expect(originOf(table, row, 'imagenet_top1')).toBe('published');
  expect(originOf(table, row, 'parameters_m')).toBe('published');
  expect(originOf(table, row, 'index')).toBe('estimated');
  const estimate = tableOf({ energy_origin: 'estimated' });
  expect(originOf(estimate, estimate.rows[0]!, 'energy_j_per_image')).toBe('estimated');
  expect(originOf(estimate, estimate.rows[0]!, 'power_w')).toBe('estimated');
  expect(originOf(estimate, estimate.rows[0]!, 'images_per_s')).toBe('measured');
});
