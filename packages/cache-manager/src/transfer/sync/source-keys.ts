import { Yielder } from '../../scheduling/yielder.ts';
import { pagesOfIndex } from '../../stack/query-stack.ts';
import type { TierStack } from '../../stack/tier-stack.ts';

const PAGE = 1000;

/** The keys of a source that are not in the list, and the number of those that are. */
export interface SourceKeys {
  readonly unlisted: readonly string[];
  readonly listed: number;
  /** False if a tier could not be read completely: the source may have more keys. */
  readonly isComplete: boolean;
}

/**
 * The keys of a source's live entries that are not listed: from the index of the lowest tier if it contains everything,
 * otherwise by a scan of all entries. Keeps only keys, never entries.
 */
export async function keysOfSource(
  stack: TierStack,
  sources: readonly string[],
  isListed: (key: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<SourceKeys> {
  const found = new KeyCollector(isListed);
  for await (const page of pagesOfIndex(stack, { source: sources, limit: PAGE })) {
    signal?.throwIfAborted();
    if (page === undefined) return scanAll(stack, sources, isListed, signal);
    for (const { key } of page) found.add(key);
  }
  return { unlisted: found.unlisted, listed: found.listed, isComplete: true };
}

async function scanAll(
  stack: TierStack,
  sources: readonly string[],
  isListed: (key: string) => boolean,
  signal: AbortSignal | undefined,
): Promise<SourceKeys> {
  const found = new KeyCollector(isListed);
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
  const isComplete = wereOn && areOn() && faults() === before;
  return { unlisted: found.unlisted, listed: found.listed, isComplete };
}

class KeyCollector {
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
