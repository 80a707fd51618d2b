/** The most known names that a hint lists. */
const MOST_NAMES = 6;
const MOST_LIKELY = 3;
/** A shorter name is part of too many others. */
const SHORTEST_PART = 3;

/**
 * What to add to the message about an unknown name: the known names that are most likely meant, or all of them if they
 * are few; an empty string otherwise.
 */
export function hintFor(name: string, known: readonly string[]): string {
  const likely = suggest(name, known);
  if (likely.length > 0) return `; did you mean ${inWords(likely)}?`;
  return known.length > 0 && known.length <= MOST_NAMES
    ? `; known ${known.length === 1 ? 'is' : 'are'} ${known.join(', ')}`
    : '';
}

/**
 * The known names that a wrong one may mean: the closest, if it is misspelt, or else those that it is a part of, such
 * as `ttl` of `ttlOverride`, or that are a part of it. ProxyWhirl's snake_case counts as the same name.
 */
function suggest(name: string, known: readonly string[]): readonly string[] {
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
  if (best !== undefined) return [best];
  return known
    .filter((candidate) => isPartOf(wanted, normalise(candidate)) || isPartOf(normalise(candidate), wanted))
    .slice(0, MOST_LIKELY);
}

function isPartOf(part: string, whole: string): boolean {
  return part.length >= SHORTEST_PART && whole.includes(part);
}

function inWords(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1)}`;
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
