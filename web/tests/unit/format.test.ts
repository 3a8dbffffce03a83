import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decimal, format, monthOf, parseEnergy, parseNumber, percent, si, signed, tick, times } from '../../src/lib/format';
import { yearOf } from '../../src/lib/table';

const scale: Record<string, number> = { p: 1e-12, n: 1e-9, µ: 1e-6, m: 1e-3, '': 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12 };

describe('numbers', () => {
  test('have a prefix and three digits', () => {
    expect(si(0.0412345, 'J')).toBe('41.2 mJ');
    expect(si(0.99996, 'J')).toBe('1.00 J');
    expect(si(999.96e-6, 'J')).toBe('1.00 mJ');
    expect(si(2.9, 'J')).toBe('2.90 J');
    expect(si(0, 'J')).toBe('0 J');
    expect(si(-0.05, 'J')).toBe('-50.0 mJ');
  });

  test('read back as what they were, but for rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-11, max: 1e14, noNaN: true }), (value) => {
        const [, digits, prefix] = /^([\d.,]+) (.?)J$/.exec(si(value, 'J'))!;
        const read = Number(digits!.replaceAll(',', '')) * scale[prefix!]!;
        expect(Math.abs(read / value - 1)).toBeLessThanOrEqual(0.00501);
      }),
    );
  });

  test('have the unit of their column', () => {
    expect(format(81.1458, { name: 'imagenet_top1', unit: '%' })).toBe('81.15 %');
    expect(format(17212, { name: 'images_per_s', unit: '1/s' })).toBe('17,200 images/s');
    expect(format(1.12, { name: 'latency_ms_p50', unit: 'ms' })).toBe('1.12 ms');
    expect(format(0.25, { name: 'latency_ms_p50', unit: 'ms' })).toBe('250 µs');
    expect(format(25.557, { name: 'parameters_m', unit: '1e6' })).toBe('25.6 M');
    expect(format(1, { name: 'batch', unit: 'images' })).toBe('1 image');
    expect(format(0.0081, { name: 'ci95_rel', unit: '1' })).toBe('0.8 %');
    expect(format(2015 + 11 / 12, { name: 'architecture_date', unit: '' })).toBe('2015-12');
  });

  test('that are unknown are never 0', () => {
    expect(format(null, { name: 'energy_j_per_image', unit: 'J' })).toBe('–');
    expect(format(NaN, { name: 'energy_j_per_image', unit: 'J' })).toBe('–');
  });

  test('carry three digits whatever their size', () => {
    expect([0.0012345, 9.999, 12.34, 123.4, 123456].map((v) => decimal(v))).toEqual(['0.00123', '10.0', '12.3', '123', '123,000']);
    expect(times(1.3719, 1.2683, 1.484)).toBe('×1.37 (1.27 to 1.48)');
    expect(percent(0.1562)).toBe('16 %');
    expect(percent(0.00007)).toBe('0.007 %');
    expect(signed(-0.3)).toBe('−0.30');
  });

  test('of an axis are short', () => {
    expect(tick(0.01, { name: 'energy_j_per_image', unit: 'J' })).toBe('10 mJ');
    expect(tick(85, { name: 'imagenet_top1', unit: '%' })).toBe('85 %');
    expect(tick(20000, { name: 'images_per_s', unit: '1/s' })).toBe('20k');
  });
});

test('months go to years and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1990, max: 2100 }), fc.integer({ min: 1, max: 12 }), (year, month) => {
      const date = `${year}-${String(month).padStart(2, '0')}`;
      expect(monthOf(yearOf(date)!)).toBe(date);
    }),
  );
  expect(yearOf('2021-13')).toBeNull();
});

test('what a person types is an energy, or is not', () => {
  expect(['50mJ', '0.05 J', '.05', '80 uJ', '80µJ', '5e-2'].map(parseEnergy)).toEqual([0.05, 0.05, 0.05, 80 * 1e-6, 80 * 1e-6, 0.05]);
  expect(['', 'fifty', '-1', '0', '50 kWh', '1 2'].map(parseEnergy)).toEqual([null, null, null, null, null, null]);
  expect(parseNumber('1,000')).toBe(1000);
  expect(parseNumber('82 %')).toBe(82);
  expect(parseNumber('1e')).toBeNull();
});
