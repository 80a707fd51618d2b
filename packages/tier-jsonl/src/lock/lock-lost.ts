import type { Elsewhere } from '../shard/shard-operation.ts';

/** Answers to operations, and what must be removed from other shards before they are acknowledged. */
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
