import { WeakRefTimer } from '../scheduling/weak-ref-timer.ts';
import { Backoff } from './backoff.ts';
import { UNCONFIRMED_MS } from './unconfirmed-writes.ts';

/** The tier of a circuit breaker. */
export interface ProtectedTier {
  /** False if the tier has disabled itself. */
  isEnabled(): boolean;
  /** True if the tier missed anything that can be replayed. */
  hasMissed(): boolean;
  /** True if the tier missed writes. */
  hasMissedWrites(): boolean;
  /**
   * Enables the tier again and replays what it missed. If that succeeds, calls `onDone` and resolves to true. Never
   * rejects.
   */
  replay(force: boolean, onDone: () => void): Promise<boolean>;
  now(): number;
  onDegraded(): void;
  onRecovered(): void;
}

type State = 'closed' | 'open' | 'half-open' | 'stopped';

/**
 * Decides whether a tier is used.
 *
 * - `closed`: the tier takes reads and writes. Opens when the tier disables itself after failures or misses one
 *   deadline.
 * - `open`: the tier is out of use, and its writes are recorded as missed. Becomes half-open when a retry is due.
 * - `half-open`: the tier is probed and the missed writes are replayed. Closes if everything was replayed; otherwise
 *   opens again, with twice the delay.
 * - `stopped`: the cache is closed. Final.
 *
 * A closed breaker becomes half-open too, when single writes have to be replayed.
 */
export class CircuitBreaker {
  readonly #tier: ProtectedTier;
  readonly #backoff = new Backoff();
  /** Lets a tier recover even if the first tier answers every request, so that none reaches this tier. */
  readonly #timer = new WeakRefTimer<CircuitBreaker>(this, (target) => target.#recoverOnTimer());
  #recovery: Promise<void> | undefined;
  #state: State = 'closed';

  constructor(tier: ProtectedTier) {
    this.#tier = tier;
  }

  /** True if the tier took reads and writes at the last check. */
  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** True once the cache is closed. */
  get isStopped(): boolean {
    return this.#state === 'stopped';
  }

  /** Opens the breaker if the tier has disabled itself. */
  check(): void {
    if (this.#state === 'closed' && !this.#tier.isEnabled()) this.trip();
  }

  /** Opens the breaker. */
  trip(): void {
    // If the tier is being probed, the result of the probe decides the next state.
    if (this.#state !== 'closed') return;
    this.#state = 'open';
    this.#backoff.postpone(this.#tier.now(), false);
    this.#startTimer();
    this.#tier.onDegraded();
  }

  /** Ends all retries. */
  stop(): void {
    this.#state = 'stopped';
    this.#timer.stop();
  }

  /** Makes one more attempt to replay what the tier missed, whether it is due or not. */
  async catchUp(): Promise<void> {
    await this.#recovery;
    if (this.#state !== 'stopped' && this.#tier.hasMissed()) await this.recover(true);
  }

  /** Starts an attempt if the tier is out of use, or missed writes, and a retry is due. */
  recoverIfDue(): void {
    if (this.#checkDue()) void this.recover();
  }

  /**
   * Probes the tier and replays what it missed; doubles the delay if that fails. Leaves out keys with unconfirmed
   * writes, unless `force` is true. Never rejects.
   */
  recover(force = false): Promise<void> {
    this.#recovery = this.#recover(force);
    return this.#recovery;
  }

  /** Schedules a replay after the first delay. */
  retrySoon(): void {
    this.#backoff.scheduleSoon(this.#tier.now());
    if (this.#state === 'closed') this.#startTimer();
  }

  /** Makes a replay due immediately. */
  retryNow(): void {
    this.#startTimer();
    this.#backoff.scheduleNow(this.#tier.now());
  }

  async #recover(force: boolean): Promise<void> {
    const wasOpen = this.#state !== 'closed';
    this.#state = 'half-open';
    const isReplayed = await this.#tier.replay(force, () => this.#markRecovered(wasOpen));
    // Once the cache is closed, nothing is reported about the tier any more.
    if (isReplayed || (this.#state as State) === 'stopped') return;
    this.#state = 'open';
    this.#backoff.postpone(this.#tier.now(), true);
    this.#startTimer();
    if (!wasOpen) this.#tier.onDegraded();
  }

  #markRecovered(wasOpen: boolean): void {
    if (this.#state === 'stopped') return;
    const isSomethingLeft = this.#tier.hasMissedWrites();
    this.#state = 'closed';
    this.#backoff.reset(isSomethingLeft ? this.#tier.now() + UNCONFIRMED_MS : 0);
    if (isSomethingLeft) this.#startTimer();
    if (wasOpen) this.#tier.onRecovered();
  }

  #recoverOnTimer(): void {
    if (this.#checkDue()) void this.recover();
    else if (this.#state !== 'stopped' && !this.#isHealthy()) this.#startTimer();
  }

  /** Checks the tier if a retry is due; true if there is something to recover. */
  #checkDue(): boolean {
    if (this.#state === 'half-open' || this.#state === 'stopped') return false;
    // A healthy tier, which is the usual case, does not need the clock.
    if (this.#isHealthy()) return false;
    if (!this.#backoff.isDue(this.#tier.now())) return false;
    this.check();
    return this.#state !== 'closed' || this.#tier.hasMissed();
  }

  #isHealthy(): boolean {
    return this.#state === 'closed' && !this.#tier.hasMissed() && this.#tier.isEnabled();
  }

  #startTimer(): void {
    this.#timer.start(this.#backoff.remainingMs(this.#tier.now()));
  }
}
