import type { Elsewhere } from '../shard/shard-operation.ts';

/** What operations came to, and what must go from other shards before they are acknowledged. */
export interface Written {
  readonly answers: readonly (boolean | number)[];
  readonly elsewhere: readonly Elsewhere[];
}

/**
 * The lock, or the file, is another's by now: what was under way is to be done again with the lock held. Nothing of it counts, unless all of
 * it was `written`: then somebody without our lock may have undone it.
 */
export class LockLost extends Error {
  readonly written: Written | undefined;

  constructor(written?: Written) {
    super('the lock of a shard was lost');
    this.written = written;
  }
}
