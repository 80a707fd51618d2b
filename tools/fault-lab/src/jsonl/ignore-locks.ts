import { createRequire } from 'node:module';
import { replaceMember } from './replace-member.ts';

interface LockFilesClass {
  readonly LockFiles: { readonly prototype: object };
}

interface ShardClass {
  readonly Shard: { readonly prototype: object };
}

/** For a control that must lose data: reads assume that no other process writes. */
export async function ignoreChanges(): Promise<void> {
  const index = import.meta.resolve('@pw/tier-jsonl');
  const { Shard } = (await import(new URL('./shard/shard.ts', index).href)) as ShardClass;
  replaceMember(Shard.prototype, 'isUnchanged', { value: () => true });
}

/** For a control that must lose data: removes the locks from the tier, so that every process always holds them. */
export async function ignoreLocks(): Promise<void> {
  const index = import.meta.resolve('@pw/tier-jsonl');
  const { LockFiles } = (await import(new URL('./lock/lock-files.ts', index).href)) as LockFilesClass;
  replaceMember(LockFiles.prototype, 'isOurs', { value: () => true });
  replaceMember(LockFiles.prototype, 'isThere', { value: () => false });
  const library = createRequire(index)('proper-lockfile') as { lockSync: () => () => void };
  library.lockSync = () => () => {};
}
