import { Backoff } from './backoff.ts';

/**
 * The state of a breaker.
 *
 * - `closed`: the tier takes reads and writes.
 * - `open`: the tier is out of use until a retry is due.
 * - `half-open`: an attempt to recover is under way; the tier is still out of use.
 * - `stopped`: the cache is closed. Final.
 */
export type BreakerState = 'closed' | 'open' | 'half-open' | 'stopped';

/**
 * Decides whether a tier is used: a state machine without a clock, a timer or a tier. Its owner passes the time (epoch
 * milliseconds), makes the attempts, and learns from the result of each transition whether the tier went out of use or
 * came back.
 *
 * ```text
 *             trip                      begin
 *   closed ──────────▶ open ──────────────────────▶ half-open
 *     ▲  └───────────────────────── begin ────────────▲ │  │
 *     └───────────────────── succeed ───────────────────┘  │
 *                         open ◀────────── fail ───────────┘
 * ```
 *
 * - A tier trips when it has disabled itself after failures, or has missed one deadline. While an attempt is under way,
 *   a trip has no effect: the result of the attempt decides.
 * - A closed breaker becomes half-open too, when single missed writes have to be replayed. It then goes out of use
 *   only if that fails.
 * - Each failed attempt doubles the delay before the next ({@link Backoff}); a success resets it.
 */
export class CircuitBreaker {
  readonly #backoff = new Backoff();
  #state: BreakerState = 'closed';
  /** While half-open: true if the tier was out of use when the attempt began. */
  #wasOpen = false;

  get state(): BreakerState {
    return this.#state;
  }

  /** True if the tier takes reads and writes. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** closed → open. True if the tier went out of use by it. */
  trip(now: number): boolean {
    if (this.#state !== 'closed') return false;
    this.#state = 'open';
    this.#backoff.postpone(now, false);
    return true;
  }

  /** True if an attempt may begin now. */
  isDue(now: number): boolean {
    return (this.#state === 'closed' || this.#state === 'open') && this.#backoff.isDue(now);
  }

  /** closed or open → half-open, whether an attempt is due or not. */
  begin(): void {
    if (this.#state === 'stopped') return;
    if (this.#state !== 'half-open') this.#wasOpen = this.#state === 'open';
    this.#state = 'half-open';
  }

  /**
   * half-open → closed. `nextAt` is when another attempt is needed, because something is left to replay; 0 for none.
   * True if the tier was out of use before the attempt.
   */
  succeed(nextAt = 0): boolean {
    if (this.#state !== 'half-open') return false;
    this.#state = 'closed';
    this.#backoff.reset(nextAt);
    return this.#wasOpen;
  }

  /** half-open → open, with twice the delay. True if the tier went out of use by it. */
  fail(now: number): boolean {
    if (this.#state !== 'half-open') return false;
    this.#state = 'open';
    this.#backoff.postpone(now, true);
    return !this.#wasOpen;
  }

  /** Makes an attempt due after the first delay, unless one is scheduled already. */
  scheduleSoon(now: number): void {
    this.#backoff.scheduleSoon(now);
  }

  /** Makes an attempt due immediately. */
  scheduleNow(now: number): void {
    this.#backoff.scheduleNow(now);
  }

  /** Milliseconds until an attempt is due; 0 if one is due, or if none is scheduled. */
  remainingMs(now: number): number {
    return this.#backoff.remainingMs(now);
  }

  /** Any state → stopped. */
  stop(): void {
    this.#state = 'stopped';
  }
}
