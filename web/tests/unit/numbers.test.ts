import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calculate } from '../../src/lib/calculator';
import { geometricMean, pairs, studentT95 } from '../../src/lib/pairs';
import { distance } from '../../src/lib/search';
import { windowOf } from '../../src/lib/window';
import { tableOf } from './rows';

describe('calculator', () => {
  const inputs = { imagesPerDay: 1e6, joulesPerImage: 0.036, rel: 0.1, pue: 1.5, grid: 400, price: 0.2 };
  test('goes from joules to kilowatt hours, money and carbon', () => {
    // 1e6 × 0.036 J × 1.5 = 54 kJ = 0.015 kWh a day.
    const { energy, cost, carbon } = calculate(inputs, 100);
    expect(energy.value).toBeCloseTo(1.5, 12);
    expect(cost.value).toBeCloseTo(0.3, 12);
    expect(carbon.value).toBeCloseTo(0.6, 12);
  });
  test('carries the interval of the energy, or none', () => {
    const { carbon } = calculate(inputs, 100);
    expect(carbon.low! / carbon.value).toBeCloseTo(Math.exp(-0.1), 12);
    expect(carbon.high! / carbon.value).toBeCloseTo(Math.exp(0.1), 12);
    expect(calculate({ ...inputs, rel: null }, 1).energy).not.toHaveProperty('low');
  });
});

describe('pairs', () => {
  test('are of the same model at the same size and policy', () => {
    const table = tableOf(
      { architecture: 'a', setup: 's', energy_j_per_image: 0.2, run: '1' },
      { architecture: 'a', setup: 't', energy_j_per_image: 0.1, run: '2' },
      { architecture: 'b', setup: 's', run: '3' },
      { architecture: 'b', setup: 't', policy: 'batch_1', run: '4' },
      { architecture: 'c', setup: 's', run: '5' },
      { architecture: 'c', setup: 't', flags: 'throttled', run: '6' },
    );
    const found = pairs(table, 'throughput', 's', 't');
    expect(found).toHaveLength(1);
    expect(found[0]!.ratio.times).toBe(0.5);
  });

  test('have a geometric mean with Student’s t', () => {
    // Logarithms 0, 1, 2: mean 1, deviation 1, t(2) = 4.3027.
    const mean = geometricMean([1, Math.E, Math.E ** 2])!;
    expect(mean.value).toBeCloseTo(Math.E, 12);
    expect(Math.log(mean.high)).toBeCloseTo(1 + 4.3027 / Math.sqrt(3), 4);
    expect(mean.spread).toBeCloseTo(Math.E, 12);
    expect(geometricMean([1, 2])).toBeNull();
  });

  test('use quantiles of the tables', () => {
    // Abramowitz and Stegun, table 26.10.
    for (const [degrees, t] of [[1, 12.706], [5, 2.571], [10, 2.228], [11, 2.201], [15, 2.131], [30, 2.042], [60, 2.0], [120, 1.98]] as const) {
      expect(studentT95(degrees)).toBeCloseTo(t, 3);
    }
  });
});

test('a window has all rows in sight and never leaves the table', () => {
  fc.assert(
    fc.property(fc.nat(5000), fc.nat(300_000), fc.integer({ min: 1, max: 3000 }), (count, scrolled, height) => {
      const { first, end } = windowOf(count, 44, scrolled, height);
      expect(first).toBeGreaterThanOrEqual(0);
      expect(end).toBeLessThanOrEqual(count);
      expect(end).toBeGreaterThanOrEqual(count > 0 ? 1 : 0);
      for (const pixel of [scrolled, scrolled + height - 1]) {
        const row = Math.floor(pixel / 44);
        if (row < count) expect(first <= row && row < end).toBe(true);
      }
    }),
  );
});

test('distance between names is a metric', () => {
  const name = fc.string({ maxLength: 8 });
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(distance(a, a)).toBe(0);
      expect(distance(a, b)).toBe(distance(b, a));
      expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c));
    }),
  );
  expect(distance('resnet5O', 'resnet50')).toBe(1);
});
