import { mkdirSync, writeFileSync } from 'node:fs';
import type { Random } from '../random.ts';
import type { DiskOperation, EntryChange } from './disk-operations.ts';

export interface PowerCut {
  /** The number of operations before the cut. */
  readonly at: number;
  readonly random: Random;
  /** Which unflushed writes a file keeps: the oldest (`prefix`), or pieces of any (`scattered`). */
  readonly keeps: 'prefix' | 'scattered';
  /** True for the control: a disk that ignores flushes. */
  readonly ignoresFlush?: boolean;
}

type Write = DiskOperation & { readonly kind: 'write' | 'truncate' };
interface Pending<T> {
  readonly forced: T[];
  waiting: T[];
}

/**
 * A model of a power cut. Flushed data survives. Of the rest, each file and each folder keeps a random part, and the
 * last write that a file keeps may be cut anywhere. Folders keep their changes in order. The model is harsher than a
 * real disk, which also writes data that was not flushed. Creates the remains below `root`, and returns the ledger up
 * to the cut.
 */
export function cutPower(operations: readonly DiskOperation[], root: string, cut: PowerCut): string {
  const files = new Map<number, Pending<Write>>();
  const folders = new Map<string, Pending<readonly EntryChange[]>>();
  let ledger = '';
  for (const operation of operations.slice(0, cut.at)) {
    if (operation.kind === 'ledger') ledger += operation.text;
    else if (operation.kind === 'entry') of(folders, operation.folder).waiting.push(operation.changes);
    else if (operation.kind === 'flush' && !cut.ignoresFlush) force(of(files, operation.file));
    else if (operation.kind === 'flushFolder' && !cut.ignoresFlush) force(of(folders, operation.folder));
    else if (operation.kind === 'write' || operation.kind === 'truncate')
      of(files, operation.file).waiting.push(operation);
  }
  restore(root, [...keptFolders(folders, cut)], keptFiles(files, cut));
  return ledger;
}

function of<K, T>(all: Map<K, Pending<T>>, key: K): Pending<T> {
  const known = all.get(key) ?? { forced: [], waiting: [] };
  all.set(key, known);
  return known;
}

function force<T>(pending: Pending<T>): void {
  pending.forced.push(...pending.waiting);
  pending.waiting = [];
}

function keptFolders(folders: Map<string, Pending<readonly EntryChange[]>>, { random }: PowerCut): EntryChange[] {
  return [...folders.values()].flatMap(({ forced, waiting }) =>
    [...forced, ...waiting.slice(0, random.below(waiting.length + 1))].flat(),
  );
}

function keptFiles(files: Map<number, Pending<Write>>, cut: PowerCut): Map<number, Buffer> {
  const contents = new Map<number, Buffer>();
  for (const [file, { forced, waiting }] of files) contents.set(file, contentOf([...forced, ...keep(waiting, cut)]));
  return contents;
}

function keep(waiting: readonly Write[], { random, keeps }: PowerCut): Write[] {
  if (keeps === 'scattered') return waiting.filter(() => random.percent(50)).map((write) => tear(write, random, 20));
  const kept = waiting.slice(0, random.below(waiting.length + 1));
  return kept.map((write, at) => (at === kept.length - 1 ? tear(write, random, 50) : write));
}

function tear(write: Write, random: Random, chance: number): Write {
  if (write.kind === 'truncate' || !random.percent(chance)) return write;
  return { ...write, bytes: write.bytes.subarray(0, random.below(write.bytes.length + 1)) };
}

function contentOf(writes: readonly Write[]): Buffer {
  const ends = writes.map((write) => (write.kind === 'write' ? write.at + write.bytes.length : write.size));
  const content = Buffer.alloc(Math.max(0, ...ends));
  let size = 0;
  for (const write of writes) {
    if (write.kind === 'write') {
      write.bytes.copy(content, write.at);
      size = Math.max(size, write.at + write.bytes.length);
    } else {
      content.fill(0, write.size);
      size = write.size;
    }
  }
  return content.subarray(0, size);
}

/** A file whose folder was lost is lost too. */
function restore(root: string, changes: readonly EntryChange[], contents: ReadonlyMap<number, Buffer>): void {
  const entries = new Map<string, number | 'folder'>();
  for (const { path, now } of changes) {
    if (now === undefined) entries.delete(path);
    else entries.set(path, now);
  }
  const folders = new Set([root]);
  mkdirSync(root, { recursive: true });
  for (const [path, now] of [...entries].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (!folders.has(path.slice(0, path.lastIndexOf('/')))) continue;
    if (now === 'folder') {
      folders.add(path);
      mkdirSync(path, { recursive: true, mode: 0o700 });
    } else writeFileSync(path, contents.get(now) ?? '', { mode: 0o600 });
  }
}
