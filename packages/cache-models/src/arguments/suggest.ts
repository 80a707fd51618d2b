/**
 * The known name that a misspelt one most likely means; `undefined` if none is close. ProxyWhirl's snake_case counts as
 * the same name.
 */
export function suggest(name: string, known: readonly string[]): string | undefined {
  const wanted = normalise(name);
  let best: string | undefined;
  let least = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of known) {
    const distance = editDistance(wanted, normalise(candidate));
    if (distance < least) {
      least = distance;
      best = candidate;
    }
  }
  return best;
}

function normalise(name: string): string {
  // No member is this long; cutting the name bounds the work on hostile input.
  return name.slice(0, 64).replaceAll(/[_-]/g, '').toLowerCase();
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + change));
    }
    row = next;
  }
  return row[b.length]!;
}
