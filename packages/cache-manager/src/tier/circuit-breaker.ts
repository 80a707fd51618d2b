import { WeakTimer } from '../scheduling/weak-timer.ts';
import { RetrySchedule } from './backoff.ts';
import { DOUBT_MS } from './unconfirmed-writes.ts';

/** What a switch knows of its tier. */
export interface SwitchedTier {
  /** False when the tier has switched itself off. */
  isEnabled(): boolean;
  /** True if the tier missed anything that can be replayed. */
  hasMissed(): boolean;
  /** True if some of that are writes. */
  hasMissedWrites(): boolean;
  /** Switches the tier on again and replays what it missed; true if that went well, after a call of `done`. Never rejects. */
  replay(force: boolean, done: () => void): Promise<boolean>;
  now(): number;
  onDegraded(): void;
  onRecovered(): void;
}

type State = 'on' | 'off' | 'probing' | 'closed';

/**
 * Whether a tier is used. on → off when the tier is switched off by failures, or lets one deadline pass; off → probing when a
 * retry is due; probing → on when everything missed is replayed, else → off with twice the wait.
 */
export class TierSwitch {
  readonly #tier: SwitchedTier;
  readonly #retry = new RetrySchedule();
  /** A tier comes back by itself, also where nobody asks anything but the first one. */
  readonly #timer = new WeakTimer<TierSwitch>(this, (target) => target.#recoverByItself());
  #recovery: Promise<void> | undefined;
  #state: State = 'on';

  constructor(tier: SwitchedTier) {
    this.#tier = tier;
  }

  /** True while the tier takes reads and writes, as far as was noticed. */
  get isOn(): boolean {
    return this.#state === 'on';
  }

  get isClosed(): boolean {
    return this.#state === 'closed';
  }

  /** Notices when the tier has switched itself off. */
  notice(): void {
    if (this.#state === 'on' && !this.#tier.isEnabled()) this.off();
  }

  off(): void {
    // A probe that is under way ends by itself, and says what came of it.
    if (this.#state !== 'on') return;
    this.#state = 'off';
    this.#retry.putOff(this.#tier.now(), false);
    this.#wakeUp();
    this.#tier.onDegraded();
  }

  /** For good. */
  close(): void {
    this.#state = 'closed';
    this.#timer.stop();
  }

  /** One more try to replay what the tier missed, due or not. */
  async catchUp(): Promise<void> {
    await this.#recovery;
    if (this.#state !== 'closed' && this.#tier.hasMissed()) await this.recover(true);
  }

  /** True when a tier that is off, or that missed writes, is due for another try. */
  get isDue(): boolean {
    if (this.#state === 'probing' || this.#state === 'closed') return false;
    // A tier that is well, as nearly always, is not worth a look at the clock.
    if (this.#isWell) return false;
    if (!this.#retry.isDue(this.#tier.now())) return false;
    this.notice();
    return this.#state !== 'on' || this.#tier.hasMissed();
  }

  /**
   * Tries the tier again and replays what it missed; doubles the wait if that fails. Keys with a write that may still land wait until
   * it has, unless `force`. Never rejects.
   */
  recover(force = false): Promise<void> {
    this.#recovery = this.#recover(force);
    return this.#recovery;
  }

  /** There is something to replay soon. */
  trySoon(): void {
    this.#retry.soon(this.#tier.now());
    if (this.#state === 'on') this.#wakeUp();
  }

  /** There is something to replay, and nothing to wait for. */
  tryAtOnce(): void {
    this.#wakeUp();
    this.#retry.atOnce(this.#tier.now());
  }

  async #recover(force: boolean): Promise<void> {
    const wasOff = this.#state !== 'on';
    this.#state = 'probing';
    const replayed = await this.#tier.replay(force, () => this.#isBack(wasOff));
    // Closed meanwhile: nothing is to be said of the tier any more.
    if (replayed || (this.#state as State) === 'closed') return;
    this.#state = 'off';
    this.#retry.putOff(this.#tier.now(), true);
    this.#wakeUp();
    if (!wasOff) this.#tier.onDegraded();
  }

  #isBack(wasOff: boolean): void {
    if (this.#state === 'closed') return;
    const isLeft = this.#tier.hasMissedWrites();
    this.#state = 'on';
    this.#retry.done(isLeft ? this.#tier.now() + DOUBT_MS : 0);
    if (isLeft) this.#wakeUp();
    if (wasOff) this.#tier.onRecovered();
  }

  #recoverByItself(): void {
    if (this.isDue) void this.recover();
    else if (this.#state !== 'closed' && !this.#isWell) this.#wakeUp();
  }

  get #isWell(): boolean {
    return this.#state === 'on' && !this.#tier.hasMissed() && this.#tier.isEnabled();
  }

  #wakeUp(): void {
    this.#timer.start(this.#retry.waitAt(this.#tier.now()));
  }
}
