import { replaceMember } from '../replace-member.ts';

interface LockFilesClass {
  readonly LockFiles: { readonly prototype: object };
}

interface File {
  stateNow(): { readonly size: number };
}

interface ShardClass {
  readonly Shard: { readonly prototype: { noteWritten(this: { readonly file: File }, end: number): void } };
}

/**
 * For a control that must lose data: a lock, once taken, never expires, a process whose lock was taken over can still
 * write to the file, and after a write the whole file counts as read, whatever others appended or replaced in the
 * meantime.
 */
export async function ignoreTakeovers(): Promise<void> {
  const index = import.meta.resolve('@pw/tier-jsonl');
  const { LockFiles } = (await import(new URL('./lock/lock-files.ts', index).href)) as LockFilesClass;
  replaceMember(LockFiles.prototype, 'isOurs', { value: () => true });
  replaceMember(LockFiles.prototype, 'isTakenOver', { get: () => false });
  const { Shard } = (await import(new URL('./shard/shard.ts', index).href)) as ShardClass;
  const { noteWritten } = Shard.prototype;
  replaceMember(Shard.prototype, 'noteWritten', {
    value(this: { readonly file: File }): void {
      const { file } = this;
      const { stateNow } = file;
      file.stateNow = () => ({ ...stateNow.call(file), isOther: false });
      try {
        noteWritten.call(this, stateNow.call(file).size);
      } finally {
        file.stateNow = stateNow;
      }
    },
  });
}
