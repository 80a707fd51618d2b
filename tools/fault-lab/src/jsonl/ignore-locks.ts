import { createRequire } from 'node:module';

interface LockFilesClass {
  readonly LockFiles: { readonly prototype: { isOurs(): boolean; isThere(): boolean } };
}

interface ShardClass {
  readonly Shard: { readonly prototype: { isUnchanged(): boolean } };
}

/** For a control that must lose: a read believes that nobody else ever writes. */
export async function ignoreChanges(): Promise<void> {
  const { Shard } = (await import(new URL('./shard.ts', import.meta.resolve('@pw/tier-jsonl')).href)) as ShardClass;
  Shard.prototype.isUnchanged = () => true;
}

/** For a control that must lose: takes the locks out of the tier, so that everybody always holds them. */
export async function ignoreLocks(): Promise<void> {
  const index = import.meta.resolve('@pw/tier-jsonl');
  const { LockFiles } = (await import(new URL('./lock-files.ts', index).href)) as LockFilesClass;
  LockFiles.prototype.isOurs = () => true;
  LockFiles.prototype.isThere = () => false;
  const library = createRequire(index)('proper-lockfile') as { lockSync: () => () => void };
  library.lockSync = () => () => {};
}
