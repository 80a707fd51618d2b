import { setImmediate } from 'node:timers/promises';
import type { Logger } from '@pw/cache-models';
import { versionOf } from '@pw/cache-models/tier';
import { WeakRefTimer } from '../../scheduling/weak-ref-timer.ts';
import { Yielder } from '../../scheduling/yielder.ts';
import type { AgreedStores } from './agreed-stores.ts';
import type { MiddleTier } from './middle-tier.ts';
import type { Replay } from './replay.ts';

/** How soon the tiers agree after a write, in milliseconds. */
const AGREE_AFTER_MS = 1_000;

/**
 * Brings the tiers to agree, in the background and at the close: makes up in the base what it missed, removes from the
 * middle tiers what is older than the base's log, and moves their cursors.
 */
export class Upkeep {
  readonly #stores: AgreedStores;
  readonly #replay: Replay;
  readonly #logger: Logger;
  readonly #timer = new WeakRefTimer<Upkeep>(this, (upkeep) => void upkeep.#agreeOnTimer());
  /** Middle tiers in which another program may have written any key. */
  readonly #mayBeForeign = new Set<MiddleTier>();
  #isScheduled = false;
  #isStopped = false;
  #running: Promise<boolean> | undefined;

  constructor(stores: AgreedStores, replay: Replay, logger: Logger) {
    this.#stores = stores;
    this.#replay = replay;
    this.#logger = logger;
    stores.onLeftover = () => this.schedule();
    // At once: until a middle tier is marked, an eviction could lose the last copy of an entry.
    stores.onReplaced = () => void this.agree();
  }

  /** Agrees soon; a call costs a comparison if that is planned already. */
  schedule(): void {
    if (this.#isScheduled || this.#isStopped) return;
    this.#isScheduled = true;
    this.#timer.start(AGREE_AFTER_MS);
  }

  /** Looks soon for what another program may have written. */
  lookForForeign(middle: MiddleTier): void {
    this.#mayBeForeign.add(middle);
    this.schedule();
  }

  /** Ends the background work. */
  stop(): void {
    this.#isStopped = true;
    this.#timer.stop();
  }

  async #agreeOnTimer(): Promise<void> {
    this.#isScheduled = false;
    const isDone = await this.agree();
    if (!isDone) this.schedule();
  }

  /** True if nothing is left to be done. Concurrent calls share one run. Never rejects. */
  agree(): Promise<boolean> {
    this.#running ??= this.#agree()
      .catch(() => {
        this.#logger.warn({}, 'the tiers could not be brought to agree; the next attempt follows');
        return false;
      })
      .finally(() => {
        this.#running = undefined;
      });
    return this.#running;
  }

  async #agree(): Promise<boolean> {
    const { base, middles } = this.#stores;
    if (!base.tier.isUsable) return false;
    await this.introduce();
    if (!this.#stores.readLog()) return false;
    let isDone = await this.#storeUnstored();
    for (const middle of middles) {
      const hasAgreed = middle.isUsable && middle.id !== undefined && (await this.#agreeWith(middle));
      isDone &&= hasAgreed;
    }
    return isDone;
  }

  /** Finds out up to which position each middle tier agrees with the base. */
  async introduce(): Promise<void> {
    const { base, middles } = this.#stores;
    for (const middle of middles) {
      if (middle.isKnown || !middle.isUsable || !base.tier.isUsable) continue;
      await this.#introduce(middle);
    }
  }

  /**
   * A middle tier and a base that do not know each other: each may have what the other misses, so everything in the
   * middle tier counts as marked. So it is if the base is older than what the middle tier noted, as after a restored
   * backup. If it is the middle tier that is older, it is emptied: it is a cache.
   */
  async #introduce(middle: MiddleTier): Promise<void> {
    const { base } = this.#stores;
    const id = await middle.readId();
    const head = base.read(0, 1)?.head;
    if (id === undefined || head === undefined) return;
    const cursor = base.cursorOf(id);
    const noted = await middle.readNotedCursor();
    if (noted === undefined) return;
    await middle.readMarks();
    const isStranger = cursor === undefined || noted > head;
    if (isStranger) {
      const isEmpty = (await middle.tier.keys()).length === 0 && middle.marks.size === 0;
      if (!isEmpty && !(await middle.markAll())) return;
      if (!(await base.moveCursor(id, isEmpty ? head : 0)) && base.cursorOf(id) === undefined) return;
      middle.cursor = isEmpty ? head : 0;
      if (!isEmpty)
        this.#logger.info({ tier: middle.tier.name }, 'tier and base do not know each other; they are merged');
    } else middle.cursor = cursor;
    if (!isStranger && noted < cursor) {
      // A copy of an earlier time: what it has alone is kept, everything else is to be read from the base again.
      middle.noteBehind(null, head);
    }
    if (this.#stores.fed < 0 || middle.cursor < this.#stores.fed) this.#stores.beginAt(middle.cursor);
  }

  async #storeUnstored(): Promise<boolean> {
    const { base, unstored, mutex } = this.#stores;
    let isDone = true;
    for (const [key, { version }] of unstored) {
      await mutex.run(key, () => {
        const write = unstored.get(key);
        if (write === undefined || write.version !== version) return;
        const answer = base.replay(key, write.entry, version);
        if (answer === undefined || answer === 'locked') isDone = false;
        else unstored.forget(key);
      });
    }
    return isDone;
  }

  async #agreeWith(middle: MiddleTier): Promise<boolean> {
    const { base } = this.#stores;
    await middle.readMarks();
    const areReplayed = await this.#replayMarks(middle);
    const isBehind = !(await this.#settle(middle));
    const position = this.#stores.agreedBy(middle);
    if (position > middle.cursor) {
      // Noted first: a tier that has noted more than its base knows shows that the base is an older copy.
      if (!(await middle.noteCursor(position))) return false;
      if (!(await base.moveCursor(middle.id!, position))) return false;
      middle.cursor = position;
    }
    return areReplayed && !isBehind && position >= this.#stores.fed;
  }

  async #replayMarks(middle: MiddleTier): Promise<boolean> {
    const { mutex } = this.#stores;
    const yielder = new Yielder();
    let isDone = true;
    const all = middle.marks.get(null);
    if (all !== undefined && !(await this.#replayAll(middle, all))) isDone = false;
    if (this.#mayBeForeign.delete(middle)) await middle.findForeign();
    for (const key of middle.special) {
      if (key === null) continue;
      if (!(await mutex.run(key, () => this.#replay.replay(middle, key)))) isDone = false;
      if (yielder.isDue()) await yielder.yield();
    }
    return isDone;
  }

  /** A mark of everything: a clear that the base missed, or a tier that the base did not know. */
  async #replayAll(middle: MiddleTier, mark: number): Promise<boolean> {
    const { base, mutex } = this.#stores;
    if (mark > 0) {
      const answer = await mutex.runExclusive(() => base.replay(null, null, mark));
      if (answer === undefined || answer === 'locked') return false;
    } else {
      const head = this.#stores.fed;
      const yielder = new Yielder();
      for (const key of await middle.tier.keys()) {
        if (!(await mutex.run(key, () => this.#replay.replay(middle, key)))) return false;
        if (yielder.isDue()) await yielder.yield();
      }
      if (head > middle.cursor && !(await base.moveCursor(middle.id!, head))) return false;
      middle.cursor = Math.max(middle.cursor, head);
    }
    return middle.unmarkAll(mark);
  }

  /** Drops what the middle tier has that is older than the log says. */
  async #settle(middle: MiddleTier): Promise<boolean> {
    const { mutex } = this.#stores;
    const yielder = new Yielder();
    const all = middle.behind.get(null);
    if (all !== undefined && !(await middle.clearOlder(all))) return false;
    for (const [key, version] of [...middle.behind]) {
      if (key === null) continue;
      const isDone = await mutex.run(key, () =>
        middle.change(key, (found) => {
          const { entry, mark } = found;
          if (entry === undefined || mark !== undefined || versionOf(entry) >= version) return {};
          // Written by another program, perhaps after the row: what counts is decided by what is true now.
          if (versionOf(entry) === 0) return this.#replay.inBase(middle, key, found);
          return { drop: true };
        }),
      );
      if (!isDone) return false;
      middle.noteAgreed(key, version);
      if (yielder.isDue()) await yielder.yield();
    }
    await setImmediate();
    return true;
  }
}
