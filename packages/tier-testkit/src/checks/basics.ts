import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { Check, CheckGroup } from './check.ts';

const checks: Check[] = [
  {
    name: 'returns an entry that put has stored',
    rule: 'stores',
    run: async (trial) => {
      const entry = makeEntry('a', { source: 'list' });
      const tier = await trial.tierWith([entry, makeEntry('b')]);
      trial.sameEntry('get("a") after put("a"), put("b")', await tier.get('a'), entry);
      trial.same('has("a") after put("a")', await tier.has('a'), true);
      trial.sameEntry('get("a") for the second time', await tier.get('a'), entry);
    },
  },
  {
    name: 'finds nothing under a key that was never stored',
    rule: 'stores',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      trial.same('get("b") after put("a")', await tier.get('b'), undefined);
      trial.same('has("b") after put("a")', await tier.has('b'), false);
      trial.same('get("") after put("a")', await tier.get(''), undefined);
    },
  },
  {
    name: 'replaces every field of an entry',
    rule: 'overwrites',
    run: async (trial) => {
      const old = makeEntry('a', { source: 'old', lastHealthError: 'old error', username: 'old', failureCount: 7 });
      const tier = await trial.tierWith([old]);
      const fresh = makeEntry('a', { proxyUrl: 'socks5://192.0.2.77:1080', source: 'new' });
      trial.same('put of another entry under "a"', await tier.put(fresh), true);
      trial.sameEntry('get("a") after it was replaced', await tier.get('a'), fresh);
      trial.same('size after it was replaced', await tier.size(), 1);
      trial.same('keys after it was replaced', await tier.keys(), ['a']);
    },
  },
  {
    name: 'applies the new deadline when an entry is replaced',
    rule: 'overwrites',
    run: async (trial) => {
      const now = trial.clock.now();
      const tier = await trial.tierWith([makeEntry('longer', { expiresAt: now + 10 }), makeEntry('shorter')]);
      await tier.put(makeEntry('longer'));
      await tier.put(makeEntry('shorter', { expiresAt: now + 10 }));
      trial.clock.advance(10);
      trial.same('has("longer") at its first deadline, after a put with a later one', await tier.has('longer'), true);
      trial.same('has("shorter") at its new deadline', await tier.has('shorter'), false);
      trial.clock.advance(HOUR - 10);
      trial.same('has("longer") at its new deadline', await tier.has('longer'), false);
    },
  },
  {
    name: 'reports from delete whether a live entry was removed',
    rule: 'deletes',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      trial.same('delete("a") of a live entry', await tier.delete('a'), true);
      trial.same('delete("a") again', await tier.delete('a'), false);
      trial.same('delete of a key that was never stored', await tier.delete('never'), false);
      trial.same('get("a") after its delete', await tier.get('a'), undefined);
      trial.same('has("a") after its delete', await tier.has('a'), false);
      trial.same('keys after delete("a")', await tier.keys(), ['b']);
      await tier.put(makeEntry('a', { source: 'again' }));
      trial.same('source of "a" after it was stored again', (await tier.get('a'))?.source, 'again');
    },
  },
  {
    name: 'reports false from delete when the entry had expired',
    rule: 'deletes',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      trial.clock.advance(HOUR);
      trial.same('delete("a") of an expired entry', await tier.delete('a'), false);
      trial.same('deleteMany of an expired entry', await tier.deleteMany(['b']), [false]);
    },
  },
  {
    name: 'removes every entry on clear',
    rule: 'clears',
    run: async (trial) => {
      const entries = makeEntries(25);
      const tier = await trial.tierWith([...entries, makeEntry('gone', { expiresAt: trial.clock.now() })]);
      trial.same('clear of 25 live entries and an expired one', await tier.clear(), 25);
      trial.same('size after clear', await tier.size(), 0);
      trial.same('keys after clear', await tier.keys(), []);
      trial.same('get after clear', await tier.get(entries[3]!.key), undefined);
      trial.same('clear of an empty tier', await tier.clear(), 0);
      trial.same('put after clear', await tier.put(entries[3]!), true);
      trial.sameEntry('get of an entry put after clear', await tier.get(entries[3]!.key), entries[3]!);
    },
  },
  {
    name: 'lists exactly the live entries',
    rule: 'lists',
    run: async (trial) => {
      const entries = makeEntries(30);
      const tier = await trial.tierWith(entries);
      await tier.put(entries[7]!);
      await tier.delete(entries[11]!.key);
      await tier.put(makeEntry('late', { expiresAt: trial.clock.now() }));
      const wanted = entries.map(({ key }) => key).filter((key) => key !== entries[11]!.key);
      trial.sameSet('keys', await tier.keys(), wanted);
      trial.same('size', await tier.size(), 29);
      const listed = await tier.entries();
      trial.sameSet(
        'keys of entries()',
        listed.map(({ key }) => key),
        wanted,
      );
      for (const entry of listed)
        trial.sameEntry(
          `entry "${entry.key}" of entries()`,
          entry,
          entries.find(({ key }) => key === entry.key),
        );
    },
  },
  {
    name: 'tolerates changes while its entries are being read',
    rule: 'lists',
    run: async (trial) => {
      const entries = makeEntries(60);
      const tier = await trial.tierWith(entries);
      const seen: string[] = [];
      for await (const { key } of tier.raw.entries()) {
        seen.push(key);
        if (seen.length === 10)
          for (const { key: other } of entries) if (!seen.includes(other)) await tier.delete(other);
        if (seen.length === 10) await tier.put(makeEntry('new'));
      }
      trial.same('number of entries read, compared with distinct ones', seen.length, new Set(seen).size);
      trial.holds(
        'entries read of 60, with 50 deleted after the first 10',
        seen.length >= 10,
        'at least 10',
        seen.length,
      );
      trial.same('size afterwards', await tier.size(), 11);
    },
  },
];

export const basics: CheckGroup = { name: 'basics', checks: () => checks };
