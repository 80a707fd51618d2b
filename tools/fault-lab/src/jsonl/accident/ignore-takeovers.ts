interface LockFilesClass {
  readonly LockFiles: { readonly prototype: { isOurs(): boolean } };
}

interface File {
  stateNow(): { readonly size: number };
}

interface ShardClass {
  readonly Shard: { readonly prototype: { wrote(this: { readonly file: File }, end: number): void } };
}

/**
 * For a control that must lose data. A lock, once taken, never expires. A process whose lock was taken over can still
 * write to the file. After a write the whole file counts as read, whatever others appended or replaced in the meantime.
 */
export async function ignoreTakeovers(): Promise<void> {
  const index = import.meta.resolve('@pw/tier-jsonl');
  const { LockFiles } = (await import(new URL('./lock/lock-files.ts', index).href)) as LockFilesClass;
  LockFiles.prototype.isOurs = () => true;
  Object.defineProperty(LockFiles.prototype, 'isTakenOver', { get: () => false });
  const { Shard } = (await import(new URL('./shard/shard.ts', index).href)) as ShardClass;
  const { wrote } = Shard.prototype;
  Shard.prototype.wrote = function (_end) {
    const { file } = this;
    const { stateNow } = file;
    file.stateNow = () => ({ ...stateNow.call(file), isOther: false });
    try {
      wrote.call(this, stateNow.call(file).size);
    } finally {
      file.stateNow = stateNow;
    }
  };
}
