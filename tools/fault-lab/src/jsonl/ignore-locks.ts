import { createRequire } from 'node:module';

interface LockFilesClass {
  readonly LockFiles: { readonly prototype: { isOurs(): boolean; isThere(): boolean } };
}

interface ShardClass {
  readonly Shard: { readonly prototype: { isUnchanged(): boolean } };
}

/** For a control that must lose data: reads assume that no other process writes. */
export async function ignoreChanges(): Promise<void> {
  const { Shard } = (await import(
    new URL('./shard/shard.ts', import.meta.resolve('@pw/tier-jsonl')).href
  )) as ShardClass;
  Shard.prototype.isUnchanged = () => true;
}

/** For a control that must lose data: removes the locks from the tier, so that every process always holds them. */
export async function ignoreLocks(): Promise<void> {
  const index = import.meta.resolve('@pw/tier-jsonl');
  const { LockFiles } = (await import(new URL('./lock/lock-files.ts', index).href)) as LockFilesClass;
  LockFiles.prototype.isOurs = () => true;
  LockFiles.prototype.isThere = () => false;
  const library = createRequire(index)('proper-lockfile') as { lockSync: () => () => void };
  library.lockSync = () => () => {};
}
