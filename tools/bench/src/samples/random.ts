/** A pseudo-random sequence from 0 to 1 that is the same in every run (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** The items in random order. */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [result[i], result[j]] = [result[j]!, result[i]!];
  }
  return result;
}

/** Indices from 0 to `count` - 1, all equally likely. */
export function uniformIndices(count: number, length: number, random: () => number): Uint32Array {
  return Uint32Array.from({ length }, () => Math.floor(random() * count));
}

/**
 * Indices from 0 to `count` - 1 with a skewed popularity: the k-th most popular has a probability of 1 / k^exponent.
 * The popular indices are random, so that popularity does not follow the order of insertion.
 */
export function zipfIndices(count: number, length: number, random: () => number, exponent = 0.99): Uint32Array {
  const cumulative = new Float64Array(count);
  let sum = 0;
  for (let i = 0; i < count; i++) {
    sum += 1 / (i + 1) ** exponent;
    cumulative[i] = sum;
  }
  const places = shuffled(
    Array.from({ length: count }, (_, i) => i),
    random,
  );
  return Uint32Array.from({ length }, () => places[firstAtLeast(cumulative, random() * sum)]!);
}

function firstAtLeast(ascending: Float64Array, target: number): number {
  let low = 0;
  let high = ascending.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ascending[middle]! < target) low = middle + 1;
    else high = middle;
  }
  return low;
}
