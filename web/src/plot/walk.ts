/** Which point a pointer or an arrow key leads to. */
export interface Spot {
  id: number;
  x: number;
  y: number;
}

export type Step = 'left' | 'right' | 'up' | 'down' | 'first' | 'last';

/** Left and right go through all points in the order of x, up and down in that of y (upwards is more). */
export function walk(spots: readonly Spot[], from: number | null, step: Step): number | null {
  const vertical = step === 'up' || step === 'down';
  const order = [...spots].sort((a, b) => (vertical ? a.y - b.y || a.x - b.x : a.x - b.x || a.y - b.y) || a.id - b.id);
  if (order.length === 0) return null;
  if (step === 'first') return order[0]!.id;
  if (step === 'last') return order.at(-1)!.id;
  const here = order.findIndex((spot) => spot.id === from);
  if (here < 0) return order[0]!.id;
  const next = here + (step === 'right' || step === 'up' ? 1 : -1);
  return order[Math.min(Math.max(next, 0), order.length - 1)]!.id;
}

/** The spot within `reach` pixels of a pointer. One look at each of 12,000 points takes less than a tree of them saves. */
export function nearestTo(spots: readonly Spot[], x: number, y: number, reach = 24): number | null {
  let best: number | null = null;
  let least = reach * reach;
  for (const spot of spots) {
    const distance = (spot.x - x) ** 2 + (spot.y - y) ** 2;
    if (distance <= least) [best, least] = [spot.id, distance];
  }
  return best;
}
