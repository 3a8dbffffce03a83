/** Search in names such as vit_base_patch16_384.augreg_in21k, in small letters: every word must occur, in any order. */
export function searching(search: string): (text: string) => boolean {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  return (text) => words.every((word) => text.includes(word));
}

/** Fewest letters to add, drop or exchange between two names (Levenshtein). */
export function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const exchange = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(exchange, row[j]! + 1, next[j - 1]! + 1));
    }
    row = next;
  }
  return row[b.length]!;
}

/** The names most like one that does not exist, none that is like it in less than half. */
export function nearestNames(names: readonly string[], name: string, most = 5): string[] {
  return names
    .map((one) => ({ one, far: distance(one, name) }))
    .filter(({ one, far }) => far <= Math.max(one.length, name.length) / 2)
    .sort((a, b) => a.far - b.far || (a.one < b.one ? -1 : 1))
    .slice(0, most)
    .map(({ one }) => one);
}
