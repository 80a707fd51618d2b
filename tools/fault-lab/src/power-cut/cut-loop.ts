import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { Ledger } from '../ledger/ledger.ts';
import { Random } from '../random.ts';
import type { DiskOperation } from './disk-operations.ts';
import { cutPower, type PowerCut } from './power-cut.ts';
import type { Recording } from './record-disk.ts';

export interface CutLoop {
  readonly cuts: number;
  readonly seed: number;
  readonly keeps: PowerCut['keeps'];
  readonly ignoresFlush?: boolean;
  /** Opens the remains of the store and returns their contents. */
  readonly survey: (directory: string, ledger: Ledger) => Promise<ReadonlyMap<string, string>>;
}

/** What was found after one cut. */
export interface CutFinding {
  readonly name: string;
  readonly ledger: Ledger;
  readonly found: ReadonlyMap<string, string>;
}

/**
 * Cuts the power at random moments of a recording, each time from the beginning, and yields what was found after each.
 */
export async function* cutLoop(recording: Recording, loop: CutLoop): AsyncGenerator<CutFinding> {
  const { root, operations } = recording;
  for (let cut = 0; cut < loop.cuts; cut++) {
    const seed = loop.seed + cut;
    const random = new Random(seed);
    const at = 1 + random.below(operations.length);
    rmSync(root, { recursive: true, force: true });
    const text = cutPower(operations, root, { at, random, keeps: loop.keeps, ...control(loop) });
    const ledger = new Ledger(text);
    const found = await loop.survey(join(root, 'store'), ledger);
    yield { name: `cut at ${at} of ${operations.length}, seed ${seed}`, ledger, found };
  }
}

function control({ ignoresFlush }: CutLoop): { ignoresFlush?: boolean } {
  return ignoresFlush === undefined ? {} : { ignoresFlush };
}

/** The number of flushes in a recording; without any, a proof about flushes proves nothing. */
export function flushCount(operations: readonly DiskOperation[]): number {
  return operations.filter(({ kind }) => kind === 'flush' || kind === 'flushFolder').length;
}
