import fc from 'fast-check';
import { expect, test } from 'vitest';
import { frontier } from '../../src/lib/pareto';

const direction = fc.constantFrom(1, -1) as fc.Arbitrary<1 | -1>;
// Few values, so that ties are common.
const points = fc.array(fc.record({ x: fc.integer({ min: 0, max: 8 }), y: fc.integer({ min: 0, max: 8 }) }));

test('holds exactly what no other beats', () => {
  fc.assert(
    fc.property(points, direction, direction, (all, bx, by) => {
      const beaten = (p: { x: number; y: number }) =>
        all.some((q) => {
          const [dx, dy] = [(q.x - p.x) * bx, (q.y - p.y) * by];
          return dx >= 0 && dy >= 0 && (dx > 0 || dy > 0);
        });
      const members = frontier(all, bx, by);
      expect(new Set(members)).toEqual(new Set(all.filter((p) => !beaten(p))));
      expect(members).toHaveLength(all.filter((p) => !beaten(p)).length);
    }),
  );
});

test('goes from one end to the other', () => {
  const members = frontier([{ x: 3, y: 9 }, { x: 1, y: 5 }, { x: 2, y: 7 }, { x: 2, y: 6 }], -1, 1);
  expect(members).toEqual([{ x: 1, y: 5 }, { x: 2, y: 7 }, { x: 3, y: 9 }]);
});
