/** Members of the Pareto frontier: no other point is at least as good in both, and better in one.
 * Equals do not dominate each other. Directions: 1 where more is better, -1 where less is. */
export interface Point {
  x: number;
  y: number;
}

export function frontier<P extends Point>(points: readonly P[], xBetter: 1 | -1, yBetter: 1 | -1): P[] {
  const sorted = [...points].sort((a, b) => (b.x - a.x) * xBetter || (b.y - a.y) * yBetter);
  const members: P[] = [];
  let best = -Infinity;
  let bestX = NaN;
  for (const point of sorted) {
    const y = point.y * yBetter;
    if (y > best) {
      members.push(point);
      best = y;
      bestX = point.x;
    } else if (y === best && point.x === bestX) {
      members.push(point);
    }
  }
  return members;
}
