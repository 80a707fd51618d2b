import { checkArgument, Kinds, optional, type TierLeases } from '@pw/cache-models/tier';
import type { FileTable } from './file-table.ts';

/** A lease in the file: its token, and when it ends, in epoch milliseconds. */
export interface FileLease {
  readonly token: string;
  readonly end: number;
}

export interface FileLeasesContext {
  readonly table: FileTable;
  readonly now: () => number;
  /** Runs work with exclusive access to the file; `fallback` after a fault. */
  readonly run: <T>(fallback: T, work: () => T) => Promise<T>;
}

/** The leases of a {@link FileTable}. */
export class FileLeases implements TierLeases {
  protected readonly context: FileLeasesContext;

  constructor(context: FileLeasesContext) {
    this.context = context;
  }

  async acquire(key: string, milliseconds: number, token?: string): Promise<string | null | undefined> {
    checkArgument('key', key, Kinds.string);
    checkArgument('milliseconds', milliseconds, Kinds.milliseconds);
    checkArgument('token', token, optional(Kinds.string));
    return this.context.run<string | null | undefined>(undefined, () => {
      const held = this.live(key)?.token;
      if (held !== token) return null;
      const given = token ?? crypto.randomUUID();
      this.set(key, { token: given, end: this.context.now() + milliseconds });
      return given;
    });
  }

  async release(key: string, token: string): Promise<boolean> {
    checkArgument('key', key, Kinds.string);
    checkArgument('token', token, Kinds.string);
    return this.context.run(false, () => {
      if (this.live(key)?.token !== token) return false;
      this.set(key, { token, end: 0 });
      return true;
    });
  }

  protected live(key: string): FileLease | undefined {
    const lease = this.context.table.leases.get(key);
    return lease !== undefined && lease.end > this.context.now() ? lease : undefined;
  }
  protected set(key: string, lease: FileLease): void {
    this.context.table.leases.set(key, lease);
    this.context.table.changed = true;
  }
}
