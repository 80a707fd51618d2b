import type { Elsewhere } from '../shard/shard-operation.ts';

/** The answers to operations, and the lines to remove from other shards before the operations are acknowledged. */
export interface Written {
  readonly answers: readonly (boolean | number)[];
  readonly elsewhere: readonly Elsewhere[];
}

/**
 * The lock or the file was lost: the operations have to be repeated with the lock held. None of them counts, unless
 * everything was `written`: then a process without our lock may have undone it.
 */
export class LockLost extends Error {
  readonly written: Written | undefined;

  constructor(written?: Written) {
    super('the lock of a shard was lost');
    this.written = written;
  }
}
