import { dirname } from 'node:path';
import { bytesOf, type Call, descriptorOf, textOf } from '../strace/trace.ts';

/** One change of a disk. Files are identified by numbers of our own, which a rename does not change. */
export type DiskOperation =
  | { readonly kind: 'write'; readonly file: number; readonly at: number; readonly bytes: Buffer }
  | { readonly kind: 'truncate'; readonly file: number; readonly size: number }
  | { readonly kind: 'flush'; readonly file: number }
  | { readonly kind: 'flushFolder'; readonly folder: string }
  /** A folder entry is now the file with this number, a folder, or absent. */
  | { readonly kind: 'entry'; readonly folder: string; readonly changes: readonly EntryChange[] }
  | { readonly kind: 'ledger'; readonly text: string };

export interface EntryChange {
  readonly path: string;
  readonly now: number | 'folder' | undefined;
}

/** The system calls whose effects are tracked. */
export const DISK_CALLS = [
  ...['openat', 'write', 'pwrite64', 'ftruncate', 'fsync', 'fdatasync', 'rename', 'renameat', 'renameat2'],
  ...['unlink', 'unlinkat', 'mkdir', 'mkdirat', 'rmdir'],
];

interface Open {
  readonly file: number | undefined;
  readonly isAppending: boolean;
  position: number;
}

/** Translates a program's system calls into operations on files below `root`, with the ledger's lines in between. */
export class DiskOperations {
  readonly operations: DiskOperation[] = [];
  readonly #root: string;
  readonly #ledger: string;
  readonly #files = new Map<string, number>();
  readonly #sizes: number[] = [];
  readonly #open = new Map<number, Open>();

  constructor(root: string, ledger: string, calls: readonly Call[]) {
    this.#root = `${root}/`;
    this.#ledger = ledger;
    for (const call of calls) if (call.result >= 0) this.#follow(call);
  }

  #follow({ name, args, result }: Call): void {
    if (name === 'openat') this.#opened(textOf(args[1]!), args[2]!, result);
    else if (name === 'write') this.#written(args, result, undefined);
    else if (name === 'pwrite64') this.#written(args, result, Number(args[3]));
    else if (name === 'ftruncate') this.#truncated(args);
    else if (name === 'fsync' || name === 'fdatasync') this.#flushed(args[0]!);
    else if (name.startsWith('rename')) this.#renamed(name === 'rename' ? args : [args[1]!, args[3]!]);
    else if (name === 'mkdir' || name === 'mkdirat') this.#entry(textOf(args[name === 'mkdir' ? 0 : 1]!), 'folder');
    else this.#entry(textOf(args[name === 'unlinkat' ? 1 : 0]!), undefined);
  }

  #opened(path: string, flags: string, fd: number): void {
    const known = this.#files.get(path);
    const isCreated = known === undefined && flags.includes('O_CREAT') && path.startsWith(this.#root);
    if (isCreated) {
      const file = this.#sizes.push(0) - 1;
      this.#files.set(path, file);
      this.#push({ kind: 'entry', folder: dirname(path), changes: [{ path, now: file }] });
    }
    const file = this.#files.get(path);
    this.#open.set(fd, { file, isAppending: flags.includes('O_APPEND'), position: 0 });
    if (file !== undefined && flags.includes('O_TRUNC')) this.#cut(file, 0);
  }

  #written(args: readonly string[], count: number, at: number | undefined): void {
    const { fd, path } = descriptorOf(args[0]!);
    const bytes = bytesOf(args[1]!).subarray(0, count);
    if (path === this.#ledger) this.#push({ kind: 'ledger', text: bytes.toString() });
    const open = this.#open.get(fd);
    if (open?.file === undefined || !path.startsWith(this.#root)) return;
    const size = this.#sizes[open.file]!;
    const position = at ?? (open.isAppending ? size : open.position);
    if (at === undefined) open.position = position + count;
    this.#sizes[open.file] = Math.max(size, position + count);
    this.#push({ kind: 'write', file: open.file, at: position, bytes });
  }

  #truncated(args: readonly string[]): void {
    const { fd, path } = descriptorOf(args[0]!);
    const file = this.#open.get(fd)?.file;
    if (file !== undefined && path.startsWith(this.#root)) this.#cut(file, Number(args[1]));
  }

  #cut(file: number, size: number): void {
    this.#sizes[file] = size;
    this.#push({ kind: 'truncate', file, size });
  }

  #flushed(descriptor: string): void {
    const { fd, path } = descriptorOf(descriptor);
    const file = this.#open.get(fd)?.file;
    if (file !== undefined) this.#push({ kind: 'flush', file });
    else if (`${path}/`.startsWith(this.#root)) this.#push({ kind: 'flushFolder', folder: path });
  }

  #renamed([from, to]: readonly string[]): void {
    const [source, target] = [textOf(from!), textOf(to!)];
    const file = this.#files.get(source);
    if (file === undefined) return;
    this.#files.delete(source);
    this.#files.set(target, file);
    if (dirname(source) !== dirname(target)) throw new Error('the model does not support a rename between folders');
    const changes = [
      { path: source, now: undefined },
      { path: target, now: file },
    ];
    this.#push({ kind: 'entry', folder: dirname(target), changes });
  }

  #entry(path: string, now: 'folder' | undefined): void {
    if (!path.startsWith(this.#root)) return;
    this.#files.delete(path);
    this.#push({ kind: 'entry', folder: dirname(path), changes: [{ path, now }] });
  }

  #push(operation: DiskOperation): void {
    this.operations.push(operation);
  }
}
