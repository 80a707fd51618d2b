import type { Random } from './random.ts';

/** A copy of the bytes with one random bit flipped, and the position of its byte. */
export function flipBit(bytes: Buffer, random: Random): { readonly bytes: Buffer; readonly at: number } {
  const at = random.below(bytes.length);
  const flipped = Buffer.from(bytes);
  flipped[at] = flipped[at]! ^ (1 << random.below(8));
  return { bytes: flipped, at };
}
