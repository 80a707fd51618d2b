import type { CacheTier } from '@pw/cache-models';
import type { TierLog, TierMarks } from '@pw/cache-models/tier';

/**
 * Bugs that the checker must find. `guard`: the middle tier stores what is not wanted any more. `feed`: nothing is
 * heard of what other processes write. `update`: an update is a read and a write.
 */
export const BUGS = ['guard', 'feed', 'update'] as const;
export type Bug = (typeof BUGS)[number];

const PAUSE_MS = 3;

/** Plants a bug in a tier between memory and the base. */
export function breakMiddle(tier: CacheTier, bug: Bug | undefined): CacheTier {
  // The changes of a middle tier would make up for a log that says nothing.
  if (bug === 'feed') return replacePart(tier, 'changes', { poll: () => true });
  if (bug !== 'guard') return tier;
  const { marks } = tier;
  const putIf: TierMarks['putIf'] = async (entries) => {
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS * 2 * Math.random()));
    return marks!.putIf(entries, () => true);
  };
  return replacePart(tier, 'marks', { putIf });
}

/** Plants a bug in the base. */
export function breakBase(tier: CacheTier, bug: Bug | undefined): CacheTier {
  const { log } = tier;
  if (bug === 'feed') {
    const read: TierLog['read'] = (after, limit) => {
      const page = log!.read(after, limit);
      return page && { ...page, rows: [], isPruned: false };
    };
    return replacePart(tier, 'log', { read });
  }
  if (bug !== 'update') return tier;
  const update: TierLog['update'] = (key, change, { after }) => {
    const found = tier.peek(key);
    if (found instanceof Promise || found === undefined) return undefined;
    const changed = change(found);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
    void log!.write([{ key, entry: changed }], { after, timeoutMs: 1_000 });
    return changed === null ? null : (tier.peek(key) as typeof found);
  };
  return replacePart(tier, 'log', { update });
}

/** Replaces functions of a part of a tier. */
export function replacePart(tier: CacheTier, part: 'changes' | 'log' | 'marks', functions: object): CacheTier {
  const own = tier[part]!;
  const changed = new Proxy(own, {
    get: (target, name) => {
      const value: unknown = Reflect.get(functions, name) ?? Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  Object.defineProperty(tier, part, { value: changed });
  return tier;
}
