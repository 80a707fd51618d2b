import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { sep } from 'node:path';

/** The call on the store, numbered from 1, at which a process stops or dies. */
export interface StopPoint {
  readonly at: number;
  readonly side: 'before' | 'after';
  readonly signal: 'SIGSTOP' | 'SIGKILL';
}

type AnyFunction = (this: unknown, ...args: unknown[]) => unknown;

/**
 * Counts this process's `fs` calls on the files of a folder, and sends the process a real signal before or after one of
 * them. Create it once per process, before the watched code is imported.
 */
export class StopAtCall {
  #folder: string | undefined;
  #isCounting = false;
  #point: StopPoint | undefined;
  #calls: string[] = [];
  #onStop: ((calls: readonly string[]) => void) | undefined;
  readonly #descriptors = new Set<number>();

  constructor() {
    const functions = fs as unknown as Record<string, AnyFunction>;
    for (const [name, original] of Object.entries(functions)) {
      // Skips classes and streams.
      if (typeof original !== 'function' || !/^[a-z]/.test(name) || /Stream$|^watch|^_/.test(name)) continue;
      const calls = this;
      const watched: AnyFunction = function (...args) {
        return calls.#call(name, args[0], () => original.apply(this, args));
      };
      functions[name] = Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
    }
    syncBuiltinESMExports();
  }

  /** Sets the folder of the store. */
  watch(folder: string): void {
    this.#folder = folder;
    this.#descriptors.clear();
  }

  /** Starts counting from 1. `onStop` receives the calls made so far, just before the signal is sent. */
  begin(point?: StopPoint, onStop?: (calls: readonly string[]) => void): void {
    this.#isCounting = true;
    this.#onStop = onStop;
    this.#point = point;
    this.#calls = [];
  }

  /** Stops counting and returns the names of the calls. */
  end(): string[] {
    this.#isCounting = false;
    return this.#calls;
  }

  #call(name: string, target: unknown, call: () => unknown): unknown {
    if (!this.#isOnStore(target)) return call();
    const at = this.#isCounting ? this.#calls.push(name.replace(/Sync$/, '')) : 0;
    this.#stopIf(at, 'before');
    try {
      const result = call();
      if (name === 'openSync') this.#descriptors.add(result as number);
      return result;
    } finally {
      if (name === 'closeSync' || name === 'close') this.#descriptors.delete(target as number);
      this.#stopIf(at, 'after');
    }
  }

  #isOnStore(target: unknown): boolean {
    if (this.#folder === undefined) return false;
    if (typeof target === 'number') return this.#descriptors.has(target);
    return typeof target === 'string' && (target === this.#folder || target.startsWith(this.#folder + sep));
  }

  #stopIf(at: number, side: StopPoint['side']): void {
    if (this.#point?.at !== at || this.#point.side !== side) return;
    this.#onStop?.(side === 'before' ? this.#calls.slice(0, -1) : this.#calls);
    process.kill(process.pid, this.#point.signal);
  }
}
