/**
 * Maximum length of a string for which the engine's own search is used: for longer ones, hostile text can slow it down.
 */
const SEARCHED = 64;

/**
 * Calls `found` with the range of each occurrence of `wanted`; for an occurrence that overlaps the previous one, only
 * with the part that does not. Takes time linear in both lengths for any input (Knuth, Morris, Pratt).
 */
export function findAll(text: string, wanted: string, found: (start: number, end: number) => void): void {
  const { length } = wanted;
  if (length === 0 || length > text.length) return;
  // The engine's own search is the fastest way to find nothing.
  if (length <= SEARCHED && !text.includes(wanted)) return;
  if (length === 1) {
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) found(at, at + 1);
    return;
  }
  const borders = bordersOf(wanted);
  let matched = 0;
  let done = 0;
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    while (matched > 0 && wanted.charCodeAt(matched) !== char) matched = borders[matched - 1]!;
    if (wanted.charCodeAt(matched) === char) matched++;
    if (matched < length) continue;
    const start = i + 1 - length;
    // The whole occurrence, or the part that does not overlap the previous one.
    found(Math.max(start, done), i + 1);
    done = i + 1;
    matched = borders[matched - 1]!;
  }
}

/** As `findAll`, but continues at the index that `found` returns, which is after the occurrence. */
export function findApart(text: string, wanted: string, found: (start: number, end: number) => number): void {
  const { length } = wanted;
  let next = 0;
  if (length <= SEARCHED) {
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, next)) next = found(at, at + length);
  } else {
    findAll(text, wanted, (start, end) => {
      if (start >= next) next = found(start, end);
    });
  }
}

/** For each prefix, the length of its longest proper prefix that is also a suffix. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  for (let i = 1, matched = 0; i < text.length; i++) {
    while (matched > 0 && text[matched] !== text[i]) matched = borders[matched - 1]!;
    if (text[matched] === text[i]) matched++;
    borders[i] = matched;
  }
  return borders;
}
