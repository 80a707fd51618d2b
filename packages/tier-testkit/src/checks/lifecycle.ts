import type { CacheEntry } from '@pw/cache-models';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import { HELD, operationsOf } from '../samples/operations.ts';
import type { ObservedTier } from '../trial/observed-tier.ts';
import { subFolder } from '../trial/sub-folder.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const checks: Check[] = [
  {
    name: 'can be opened and closed twice',
    rule: 'lifecycle',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      await tier.open();
      trial.same('has("a") after open of an open tier', await tier.has('a'), true);
      trial.same('size after open of an open tier', await tier.size(), 1);
      await tier.close();
      await tier.close();
      await tier.open();
      await tier.open();
      trial.same('put after close, close, open, open', await tier.put(makeEntry('b')), true);
      trial.same('has("b") after its put', await tier.has('b'), true);
    },
  },
  {
    name: 'can be closed before it was opened',
    rule: 'lifecycle',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.close();
      await tier.close();
      trial.same('put after close', await tier.put(makeEntry('a')), true);
      trial.same('has("a") after its put', await tier.has('a'), true);
    },
  },
  {
    name: 'tolerates overlapping opens and closes',
    rule: 'lifecycle',
    run: async (trial) => {
      const tier = await trial.tier();
      await Promise.all([tier.open(), tier.open(), tier.open()]);
      trial.same('put after three concurrent opens', await tier.put(makeEntry('a')), true);
      trial.same('has("a") after its put', await tier.has('a'), true);
      await Promise.all([tier.close(), tier.close(), tier.close()]);
      await Promise.all([tier.open(), tier.close(), tier.open(), tier.close(), tier.open()]);
      trial.same('put after concurrent opens and closes', await tier.put(makeEntry('b')), true);
      trial.same('has("b") after its put', await tier.has('b'), true);
      trial.same('failureCount', tier.raw.failureCount, 0);
    },
  },
  {
    name: 'opens on its first use',
    rule: 'lifecycle',
    run: async (trial) => {
      for (const operation of operationsOf(await trial.tier())) {
        const directory = await subFolder(trial, operation.name.replace(/\W+/g, '-'));
        const tier = await trial.tier({ directory });
        trial.same(`${operation.name} of a tier that was never opened`, await operation.call(tier), operation.empty);
        trial.same(`failureCount after ${operation.name}`, tier.raw.failureCount, 0);
        await expectUsable(trial, tier, `after ${operation.name}`);
      }
    },
  },
  {
    name: 'opens on many concurrent first uses',
    rule: 'lifecycle',
    run: async (trial) => {
      const entries = makeEntries(20);
      const tier = await trial.tier();
      const stored = await Promise.all(entries.map((entry) => tier.put(entry)));
      trial.same('20 concurrent puts into a tier that was never opened', stored, Array(20).fill(true));
      await expectAll(trial, tier, entries, 'after 20 concurrent puts');
      await tier.close();
      const again = await Promise.all(entries.map((entry) => tier.put(entry)));
      trial.same('20 concurrent puts into a closed tier', again, Array(20).fill(true));
      await expectAll(trial, tier, entries, 'after 20 more concurrent puts');
    },
  },
  {
    name: 'reopens on the next use after close',
    rule: 'lifecycle',
    run: async (trial) => {
      for (const operation of operationsOf(await trial.tier())) {
        const directory = await subFolder(trial, operation.name.replace(/\W+/g, '-'));
        const tier = await trial.tierWith(HELD, { directory });
        const { persistent } = tier.raw.capabilities;
        await tier.close();
        const answer = await operation.call(tier);
        if (!persistent || 'full' in operation) {
          const expected = persistent ? operation.full : operation.empty;
          trial.same(`${operation.name} after close, with persistent: ${persistent}`, answer, expected);
        }
        trial.same(`failureCount after ${operation.name}`, tier.raw.failureCount, 0);
        await expectUsable(trial, tier, `after close and ${operation.name}`);
      }
    },
  },
  {
    name: 'can be closed while operations are running',
    rule: 'lifecycle',
    run: async (trial) => {
      const entries = makeEntries(30);
      const tier = await trial.tierWith(entries.slice(0, 10));
      const under = entries.slice(10).map((entry) => tier.put(entry));
      const others = [tier.size(), tier.keys(), tier.entries(), tier.delete(entries[0]!.key), tier.has('x')];
      await Promise.all([tier.close(), ...under, ...others]);
      trial.same('enabled after close during 20 puts and other operations', tier.enabled, true);
      await expectUsable(trial, tier, 'after close during operations');
      if (!tier.raw.capabilities.persistent) return;
      const stored = await Promise.all(under);
      const kept = [...entries.slice(1, 10), ...entries.slice(10).filter((_, at) => stored[at])];
      for (const entry of kept)
        trial.sameEntry(`get("${entry.key}"), acknowledged before close ended`, await tier.get(entry.key), entry);
    },
  },
];

const persistent: Check[] = [
  {
    name: 'keeps entries across close',
    rule: 'persistent',
    run: async (trial) => {
      const entries = everyKind(trial);
      const tier = await trial.tierWith(entries);
      await tier.close();
      await expectAll(trial, tier, entries, 'after close');
      await tier.close();
      await expectAll(trial, await trial.tier(), entries, 'in a new tier on the same store');
    },
  },
  {
    name: 'keeps removals and replacements across close',
    rule: 'persistent',
    run: async (trial) => {
      const now = trial.clock.now();
      const tier = await trial.tierWith([
        makeEntry('deleted'),
        makeEntry('replaced', { source: 'old', lastHealthError: 'old error' }),
        makeEntry('expires', { expiresAt: now + 1000 }),
        makeEntry('shorter'),
        makeEntry('stays'),
      ]);
      await tier.delete('deleted');
      const replaced = makeEntry('replaced', { source: 'new' });
      await tier.put(replaced);
      await tier.put(makeEntry('shorter', { expiresAt: now + 1000 }));
      await tier.close();
      trial.clock.advance(1000);
      const again = await trial.tier();
      trial.sameSet('keys in a new tier on the same store', await again.keys(), ['replaced', 'stays']);
      trial.sameEntry('get of the replaced entry in the new tier', await again.get('replaced'), replaced);
      trial.same('get of the deleted entry in the new tier', await again.get('deleted'), undefined);
      trial.same('get of an entry that expired while the tier was closed', await again.get('expires'), undefined);
      trial.same('clear of the new tier', await again.clear(), 2);
      await again.close();
      trial.same('keys in a third tier, after clear', await (await trial.tier()).keys(), []);
    },
  },
];

const transientChecks: Check[] = [
  {
    name: 'keeps no entries across close unless it claims persistent',
    rule: 'persistent',
    run: async (trial) => {
      const tier = await trial.tierWith(makeEntries(5));
      await tier.close();
      trial.same('keys after close of a tier that claims persistent: false', await tier.keys(), []);
      await tier.put(makeEntry('a'));
      await tier.close();
      const again = await trial.tier();
      trial.same('keys in a new tier on the same store', await again.keys(), []);
      trial.same('get in a new tier on the same store', await again.get('a'), undefined);
    },
  },
];

/** Entries with fields of every kind, both filled and empty. */
function everyKind(trial: Trial): CacheEntry[] {
  const now = trial.clock.now();
  return [
    ...makeEntries(20),
    makeEntry('full', {
      username: 'user',
      password: 'p:a@ss/wörd',
      source: 'list',
      lastHealthError: 'e'.repeat(5000),
      lastHealthCheck: now - 1.5,
      failureCount: 3,
      expiresAt: now + 400 * 24 * HOUR,
    }),
    makeEntry('empty strings', { source: '', username: '', lastHealthError: '' }),
    makeEntry('../Ключ\n😀'),
  ];
}

async function expectAll(
  trial: Trial,
  tier: ObservedTier,
  entries: readonly CacheEntry[],
  when: string,
): Promise<void> {
  trial.same(`size ${when}`, await tier.size(), entries.length);
  for (const entry of entries) trial.sameEntry(`get("${entry.key}") ${when}`, await tier.get(entry.key), entry);
}

async function expectUsable(trial: Trial, tier: ObservedTier, when: string): Promise<void> {
  const entry = makeEntry('usable', { source: when });
  trial.same(`put ${when}`, await tier.put(entry), true);
  trial.sameEntry(`get ${when}`, await tier.get('usable'), entry);
}

export const lifecycle: CheckGroup = {
  name: 'lifecycle',
  checks: ({ capabilities }) => [...checks, ...(capabilities.persistent ? persistent : transientChecks)],
};
