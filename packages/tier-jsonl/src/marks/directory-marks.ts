import { join } from 'node:path';
import type { Marks } from '@pw/cache-models/tier';
import { listNames } from '../files/list-names.ts';
import { shardFileName } from '../layout/shard-of-key.ts';
import { type MarkFile, markFileName } from './mark-file.ts';
import type { MarkKey } from './mark-lines.ts';
import { EVERYTHING_SHARD, highest } from './shard-marks.ts';

const NONE: Marks = new Map();

/** The marks of all shards of a directory, as a reader without locks sees them. */
export class DirectoryMarks {
  readonly #directory: string;
  readonly #homeOf: (key: string) => number;
  readonly #files = new Map<number, MarkFile>();
  #all: Marks = NONE;
  #seen = 0;

  constructor(directory: string, homeOf: (key: string) => number) {
    this.#directory = directory;
    this.#homeOf = homeOf;
  }

  pathOf(shard: number): string {
    return join(this.#directory, markFileName(shardFileName(shard)));
  }

  add(shard: number, file: MarkFile): void {
    this.#files.set(shard, file);
  }

  of(shard: number): MarkFile {
    return this.#files.get(shard)!;
  }

  /** Grows with each change that was found. */
  get changes(): number {
    let changes = 0;
    for (const file of this.#files.values()) changes += file.changes;
    return changes;
  }

  /**
   * All marks, the same object while none changes. Costs one listing of the directory if there are none. Throws the
   * system's error.
   */
  read(): Marks {
    const names = new Set(listNames(this.#directory).filter((name) => name.endsWith('.marks')));
    for (const [shard, file] of this.#files)
      if (file.marks.size > 0 || names.has(markFileName(shardFileName(shard)))) file.refresh();
    const { changes } = this;
    if (changes === this.#seen) return this.#all;
    this.#seen = changes;
    const all = new Map<MarkKey, number>();
    for (const file of this.#files.values())
      for (const [key, value] of file.marks) all.set(key, highest(all.get(key), value)!);
    this.#all = all.size === 0 ? NONE : all;
    return this.#all;
  }

  /** True if a key is marked by now, at the cost of two calls. Throws the system's error. */
  isMarked(key: string): boolean {
    const home = this.of(this.#homeOf(key));
    const first = this.of(EVERYTHING_SHARD);
    home.refresh();
    if (first !== home) first.refresh();
    return home.marks.has(key) || home.marks.has(null) || first.marks.has(null);
  }

  /** True if a key is marked as last seen, at no cost. */
  isKnown(key: string): boolean {
    const home = this.of(this.#homeOf(key)).marks;
    return home.has(key) || home.has(null) || this.of(EVERYTHING_SHARD).marks.has(null);
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }
}
