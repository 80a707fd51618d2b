import { Yielder } from '../scheduling/yielder.ts';
import { pagesOfIndex } from '../stack/query-stack.ts';
import type { TierStack } from '../stack/tier-stack.ts';

const PAGE = 1000;

/** Which keys of a source are not wanted, and how many are. */
export interface SourceKeys {
  readonly unlisted: readonly string[];
  readonly listed: number;
  /** False if a tier could not be read in full: there may be more. */
  readonly isComplete: boolean;
}

/**
 * The keys of the live entries of a source that `isListed` does not know: from the index of the lowest tier where that holds everything, else by
 * looking at all entries of all tiers. Only keys are kept, one after the other; the entries pass by.
 */
export async function keysOfSource(
  stack: TierStack,
  sources: readonly string[],
  isListed: (key: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<SourceKeys> {
  const found = new Keys(isListed);
  for await (const page of pagesOfIndex(stack, { source: sources, limit: PAGE })) {
    signal?.throwIfAborted();
    if (page === undefined) return lookAtAll(stack, sources, isListed, signal);
    for (const { key } of page) found.add(key);
  }
  return { ...found, isComplete: true };
}

async function lookAtAll(
  stack: TierStack,
  sources: readonly string[],
  isListed: (key: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<SourceKeys> {
  const found = new Keys(isListed);
  const yielder = new Yielder();
  const faults = () => stack.tiers.reduce((sum, tier) => sum + tier.faults, 0);
  const before = faults();
  const areOn = () => stack.tiers.every((tier) => tier.isUsable);
  const wereOn = areOn();
  for await (const { key, source } of stack.entries()) {
    signal?.throwIfAborted();
    if (sources.includes(source)) found.add(key);
    if (yielder.isDue()) await yielder.yield();
  }
  return { ...found, isComplete: wereOn && areOn() && faults() === before };
}

class Keys {
  readonly unlisted: string[] = [];
  listed = 0;
  readonly #isListed: (key: string) => boolean;

  constructor(isListed: (key: string) => boolean) {
    this.#isListed = isListed;
  }

  add(key: string): void {
    if (this.#isListed(key)) this.listed++;
    else this.unlisted.push(key);
  }
}
