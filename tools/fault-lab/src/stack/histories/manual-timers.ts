/** Timers shorter than this, in milliseconds, wait for locks and the like: they stay real. */
const SHORTEST = 1_000;

interface ManualTimer {
  readonly run: () => void;
  readonly repeat: number | undefined;
  due: number;
}

/**
 * Replaces this process's timers of a second and more by timers that fire when told to. Create it once per process.
 */
export class ManualTimers {
  #now = 0;
  readonly #timers = new Set<object>();

  constructor() {
    const real = { setTimeout, setInterval, clearTimeout, clearInterval };
    const made = (name: 'setTimeout' | 'setInterval') =>
      ((work: (...args: unknown[]) => void, ms = 0, ...args: unknown[]) => {
        if (ms < SHORTEST) return real[name](work, ms, ...args);
        return this.#add(() => work(...args), ms, name === 'setInterval' ? ms : undefined);
      }) as typeof setTimeout;
    const cleared = (name: 'clearTimeout' | 'clearInterval') => (timer: NodeJS.Timeout | undefined) => {
      if (timer === undefined || !this.#timers.delete(timer)) real[name](timer);
    };
    globalThis.setTimeout = made('setTimeout');
    globalThis.setInterval = made('setInterval') as unknown as typeof setInterval;
    globalThis.clearTimeout = cleared('clearTimeout') as typeof clearTimeout;
    globalThis.clearInterval = cleared('clearInterval') as typeof clearInterval;
  }

  /** Fires what is due within this time, one after the other; `settled` resolves once each has had its effect. */
  async advance(ms: number, settled: () => Promise<void>): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      const due = ([...this.#timers] as ManualTimer[]).filter((timer) => timer.due <= end);
      const next = due.reduce<ManualTimer | undefined>(
        (a, b) => (a !== undefined && a.due <= b.due ? a : b),
        undefined,
      );
      if (next === undefined) break;
      this.#now = next.due;
      if (next.repeat === undefined) this.#timers.delete(next);
      else next.due += next.repeat;
      next.run();
      await settled();
    }
    this.#now = end;
  }

  clear(): void {
    this.#timers.clear();
  }

  #add(run: () => void, ms: number, repeat: number | undefined): object {
    const timer: ManualTimer & { unref(): object; ref(): object; hasRef(): boolean } = {
      run,
      repeat,
      due: this.#now + ms,
      unref: () => timer,
      ref: () => timer,
      hasRef: () => false,
    };
    this.#timers.add(timer);
    return timer;
  }
}
