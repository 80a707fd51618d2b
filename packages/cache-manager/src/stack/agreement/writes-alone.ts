import { type LoggedWrite, nextVersionAlone, stampEntry } from '@pw/cache-models/tier';
import type { AgreedReads } from './agreed-reads.ts';
import type { AgreedStores } from './agreed-stores.ts';
import type { MiddleTier } from './middle-tier.ts';
import { byTier, type Written } from './written.ts';

/** Writes while the base cannot be reached: a middle tier takes them alone, with marks, or they wait in memory. */
export class WritesAlone {
  readonly #stores: AgreedStores;
  readonly #reads: AgreedReads;

  constructor(stores: AgreedStores, reads: AgreedReads) {
    this.#stores = stores;
    this.#reads = reads;
  }

  get #tiers(): number {
    return this.#stores.middles.length + 1;
  }

  /** The first middle tier that can takes the writes, with marks. */
  async write(writes: readonly LoggedWrite[]): Promise<Written> {
    const { base, middles } = this.#stores;
    const existed = await Promise.all(
      writes.map(async ({ key, entry }) => entry === null && (await this.#reads.peek(key)) !== undefined),
    );
    for (const [index, middle] of middles.entries()) {
      if (!middle.isUsable) continue;
      const versions = await middle.writeAlone(writes, base.heard);
      if (versions === undefined) continue;
      await this.taken(
        middle,
        writes.map(({ key }) => key),
        versions,
      );
      return {
        entries: writes.map(({ entry }, i) => (entry === null ? undefined : stampEntry(entry, versions[i]!))),
        stored: writes.map(({ entry }) => entry !== null),
        byTier: byTier(this.#tiers, writes.length, (tier, i) => tier === index && writes[i]!.entry !== null),
        existed,
      };
    }
    return this.#keepUnstored(writes, existed);
  }

  /** A middle tier has taken writes that the base misses. */
  async taken(middle: MiddleTier, keys: readonly string[], versions: readonly number[]): Promise<void> {
    const { base, unstored } = this.#stores;
    this.#stores.onLeftover();
    for (const version of versions) base.hear(version);
    for (const key of keys) unstored.forget(key);
    await this.#dropElsewhere(keys, middle);
  }

  /** No tier takes the writes: they are kept here until one does. */
  #keepUnstored(writes: readonly LoggedWrite[], existed: readonly boolean[]): Written {
    const { base, unstored } = this.#stores;
    const now = base.tier.now();
    const entries = writes.map(({ key, entry }) => {
      const version = nextVersionAlone(now, base.heard);
      base.hear(version);
      const stamped = entry === null ? null : stampEntry(entry, version);
      return unstored.add(key, { entry: stamped, version }) ? (stamped ?? undefined) : undefined;
    });
    this.#stores.onLeftover();
    const nothing = writes.map(() => false);
    return { entries, stored: nothing, byTier: byTier(this.#tiers, writes.length, () => false), existed };
  }

  /** The other middle tiers must not keep an older copy: their own is believed where no mark is known. */
  async #dropElsewhere(keys: readonly string[], except: MiddleTier): Promise<void> {
    for (const middle of this.#stores.middles) {
      if (middle !== except && middle.isUsable) await middle.deleteIf(keys, (_key, mark) => mark === undefined);
    }
  }

  /** Removes everything, with a mark of everything. */
  async clear(): Promise<void> {
    const { base, middles } = this.#stores;
    for (const middle of middles) {
      if (!middle.isUsable) continue;
      const version = await middle.clearAlone(base.heard);
      if (version === undefined) continue;
      base.hear(version);
      this.#stores.onLeftover();
      for (const other of middles) if (other !== middle && other.isUsable) await other.clearOlder(version);
      return;
    }
  }
}
