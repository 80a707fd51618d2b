import type { MaybePromise, StalenessReport } from '@pw/cache-models';
import { allOf, chain } from '@pw/cache-models/tier';
import type { StackLevel } from './stack-level.ts';

/** The default of `maxStalenessMs`. */
const DEFAULT_STALENESS_MS = 100;
/** How many hits may pass before the clock is read: it costs a third of a hit. */
const HITS_PER_CLOCK = 64;

/**
 * Asks the durable levels for changes by other processes before a read, unless that was done within the last `maxMs`
 * milliseconds.
 *
 * A hit in memory must not read the clock. It counts down, and the clock is read after some hits, or once a timer has
 * ended the count: so neither a busy loop, in which no timer fires, nor an idle cache exceeds the limit.
 */
export class Staleness {
  readonly maxMs: number;
  dropped = 0;
  /**
   * How many reads may pass before {@link isDueNow} is asked. Counted down by the reader itself: a hit must cost as
   * little as possible.
   */
  readonly countdown = { left: 0 };
  readonly #levels: readonly StackLevel[];
  /** The removals of outdated copies that are on their way. */
  readonly #drops: () => MaybePromise<unknown>;
  #polledAt = Number.NEGATIVE_INFINITY;
  #polls = 0;
  #failedPolls = 0;
  #polling: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;

  /** Expects the levels that others may change; none if there is but one level. */
  constructor(
    levels: readonly StackLevel[],
    maxMs = DEFAULT_STALENESS_MS,
    drops: () => MaybePromise<unknown> = () => undefined,
  ) {
    this.#levels = levels;
    this.#drops = drops;
    this.maxMs = maxMs;
    if (levels.length === 0) this.countdown.left = Number.POSITIVE_INFINITY;
  }

  /** `null` if there is nothing that others could change. */
  get report(): StalenessReport | null {
    if (this.#levels.length === 0) return null;
    const doubtful = this.#levels.reduce((sum, level) => sum + level.doubtful, 0);
    return { maxMs: this.maxMs, polls: this.#polls, failedPolls: this.#failedPolls, dropped: this.dropped, doubtful };
  }

  /** Asks the levels, if that is due. */
  pollIfDue(): MaybePromise<void> {
    if (--this.countdown.left < 0 && this.isDueNow()) return this.poll();
  }

  /** Asks the levels. Concurrent calls share one round unless each read must ask. */
  poll(): MaybePromise<void> {
    if (this.#polling !== undefined && this.maxMs > 0) return this.#polling;
    const begun = performance.now();
    const done = chain(allOf(this.#levels.map((level) => level.poll())), (answers) =>
      chain(this.#drops(), () => {
        this.#polls++;
        if (answers.includes(false)) this.#failedPolls++;
        this.#polledAt = begun;
        this.#polling = undefined;
        this.#startCount();
      }),
    );
    if (done === undefined) return;
    this.#polling = done as Promise<void>;
    return this.#polling;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.countdown.left = Number.POSITIVE_INFINITY;
  }

  /** True if the levels must be asked before the next read. Reads the clock. */
  isDueNow(): boolean {
    if (performance.now() - this.#polledAt >= this.maxMs) return true;
    this.#startCount();
    return false;
  }

  #startCount(): void {
    if (this.maxMs === 0) return;
    this.countdown.left = HITS_PER_CLOCK;
    if (this.#timer !== undefined) return;
    const left = this.#polledAt + this.maxMs - performance.now();
    this.#timer = setTimeout(() => this.#endCount(), Math.max(left, 1));
    this.#timer.unref();
  }

  /** The timer may be that of an earlier poll: then another one follows for the rest. */
  #endCount(): void {
    this.#timer = undefined;
    this.countdown.left = 0;
  }
}
