import { type CacheEntry, HealthStatus, RemovalReason } from '@pw/cache-models';
import { LOG_KEEPS, type LoggedWrite, parseHealthCheck, versionOf } from '@pw/cache-models/tier';
import { START } from '@pw/test-support/doubles';
import { expectEntries } from '../assertions/round-trips.ts';
import { TierProcess } from '../processes/tier-process.ts';
import { HOUR, makeEntries, makeEntry } from '../samples/make-entry.ts';
import type { Check, CheckGroup, Claims } from './check.ts';
import { replayChecks } from './log-replays.ts';
import {
  atOnce,
  expectGrowth,
  expectLogged,
  headOf,
  keysAfter,
  LATER,
  OPTIONS,
  page,
  rowsAfter,
  unlocked,
  versionIn,
  write,
} from './log-steps.ts';

const checks: Check[] = [
  {
    name: 'gives each write a version above all before it, whatever the clock says',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      const entry = makeEntry('a', { expiresAt: START + 1000 * HOUR });
      for (const step of [0, 0, 5, -HOUR, 0, -10 * HOUR, 2 * HOUR, 0]) {
        trial.clock.advance(step);
        const [[one], [two]] = [
          await write(trial, tier, [{ key: 'a', entry }]),
          await write(trial, tier, [{ key: 'a', entry }]),
        ];
        trial.holds('version of the second of two writes', two!.version > one!.version, 'a higher one', [one, two]);
        await tier.put(entry);
        trial.holds('version of a put', versionIn(trial, tier, 'a')! > two!.version, 'a higher one', 'a lower one');
      }
      expectGrowth(trial, rowsAfter(trial, tier, 0));
    },
  },
  {
    name: 'logs every kind of write',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      const [one, two] = makeEntries(2) as [CacheEntry, CacheEntry];
      const { health, log, update } = tier.raw;
      const check = parseHealthCheck({ status: HealthStatus.HEALTHY, checkUrl: 'http://check.example' }, START);
      const writes: readonly (readonly [string, () => unknown, ...(string | null)[]])[] = [
        ['put', () => tier.put(one), one.key],
        ['putMany', () => tier.putMany([one, two]), one.key, two.key],
        ['delete', () => tier.delete(one.key), one.key],
        ['deleteMany', () => tier.deleteMany([two.key]), two.key],
        ['log.write', () => write(trial, tier, [{ key: one.key, entry: one }]), one.key],
        ...(update === undefined
          ? []
          : [['update', () => tier.raw.update!(one.key, (same) => same), one.key] as const]),
        ...(health === undefined
          ? []
          : [['health.record', () => health.record(one.key, check, (same) => same), one.key] as const]),
        [
          'log.update',
          () => unlocked(trial, 'log.update()', () => log!.update(one.key, (same) => same, { after: 0 })),
          one.key,
        ],
        [
          'log.update to nothing',
          () => unlocked(trial, 'log.update()', () => log!.update(one.key, () => null, { after: 0 })),
          one.key,
        ],
        ['a removal of nothing by log.write', () => write(trial, tier, [{ key: 'never', entry: null }]), 'never'],
        ['clear', () => tier.clear(), null],
        ['log.clear', () => log!.clear(OPTIONS), null],
      ];
      for (const [what, work, ...keys] of writes) {
        const before = headOf(trial, tier);
        await work();
        expectLogged(trial, tier, before, what, ...keys);
      }
      expectGrowth(trial, rowsAfter(trial, tier, 0));
    },
  },
  {
    name: 'tells updates from other writes',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      const entry = makeEntry('a');
      await tier.put(entry);
      await write(trial, tier, [{ key: 'a', entry }]);
      await write(trial, tier, [{ key: 'a', entry, isUpdate: true }]);
      const update = (change: (entry: CacheEntry) => CacheEntry | null) =>
        unlocked(trial, 'log.update()', () => tier.raw.log!.update('a', change, { after: 0 }));
      await update((same) => same);
      await update(() => null);
      const found = rowsAfter(trial, tier, 0).map(({ isUpdate }) => isUpdate);
      trial.same('isUpdate of the rows', found, [false, false, true, true, false]);
    },
  },
  {
    name: 'logs what it evicts',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')], { config: { maxEntries: 1, evictionPolicy: 'fifo' } });
      const before = headOf(trial, tier);
      await tier.put(makeEntry('b'));
      expectLogged(trial, tier, before, 'an eviction', 'a', 'b');
    },
  },
  {
    name: 'logs neither accesses nor expired entries that are removed',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('old', { expiresAt: START + 10 })]);
      const before = headOf(trial, tier);
      await tier.use('a', START + 5);
      trial.clock.advance(10);
      await tier.get('old');
      await tier.cleanupExpired();
      trial.same('keys in the log', keysAfter(trial, tier, before), []);
    },
  },
  {
    name: 'returns an entry with the version of its write',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tier();
      await tier.open();
      const [answer] = await write(trial, tier, [{ key: 'a', entry: makeEntry('a') }]);
      const { version } = answer!;
      const expectVersion = async (when: string) => {
        trial.same(`version of get ${when}`, versionOf((await tier.get('a'))!), version);
        trial.same(`version of peek ${when}`, versionOf((await tier.peek('a'))!), version);
        trial.same(`version of getMany ${when}`, versionOf((await tier.getMany(['a'])).get('a')!), version);
        trial.same(`versions of entries() ${when}`, (await tier.entries()).map(versionOf), [version]);
        trial.same(`log.versionOf() ${when}`, versionIn(trial, tier, 'a'), version);
      };
      await expectVersion('after log.write');
      await tier.use('a', START + 5);
      await expectVersion('after an access');
      trial.same('log.versionOf() of a key without an entry', versionIn(trial, tier, 'never'), 0);
      const changed = await unlocked(trial, 'log.update()', () =>
        tier.raw.log!.update('a', (entry) => entry.with({ failureCount: 1 }), { after: version + 10_000_000 }),
      );
      trial.same('version of the answer of log.update()', versionOf(changed!), versionIn(trial, tier, 'a'));
      trial.holds(
        'version after log.update()',
        versionOf(changed!) > version + 10_000_000,
        'above the given one',
        versionOf(changed!),
      );
    },
  },
  {
    name: 'writes entries and removals in one step, with even versions above the given one',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('old', { expiresAt: START + 10 })]);
      trial.clock.advance(10);
      const writes: readonly LoggedWrite[] = [
        { key: 'a', entry: makeEntry('a', { source: 'new' }) },
        { key: 'b', entry: makeEntry('b') },
        { key: 'b', entry: null },
        { key: 'old', entry: null },
        { key: 'c', entry: makeEntry('c') },
      ];
      const after = LATER;
      const answers = await write(trial, tier, writes, { ...OPTIONS, after });
      trial.same(
        'existed, for each write',
        answers.map(({ existed }) => existed),
        [true, false, true, false, false],
      );
      const versions = answers.map(({ version }) => version);
      trial.holds(
        'versions',
        versions.every((version, at) => version > (versions[at - 1] ?? after)),
        'growing from above the given one',
        versions,
      );
      trial.holds(
        'versions',
        versions.every((version) => version % 2 === 0),
        'even',
        versions,
      );
      await expectEntries(trial, tier, [makeEntry('a', { source: 'new' }), makeEntry('c')], 'after log.write');
      const cleared = await tier.call('log.clear()', () =>
        tier.raw.log!.clear({ ...OPTIONS, after: after + 1_000_001 }),
      );
      trial.same('count of log.clear()', cleared?.count, 2);
      trial.holds('version of log.clear()', cleared!.version > after + 1_000_001, 'above the given one', cleared);
    },
  },
  {
    name: 'counts a removal under its reason',
    rule: 'statistics',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a'), makeEntry('b')]);
      const reason = RemovalReason.HEALTH;
      await write(trial, tier, [
        { key: 'a', entry: null, reason },
        { key: 'a', entry: null, reason },
      ]);
      await unlocked(trial, 'log.update()', () => tier.raw.log!.update('b', () => null, { after: 0, reason }));
      tier.observed.healthRemovals += 2;
      trial.same('evictionsHealth', tier.raw.statistics.evictionsHealth, 2);
    },
  },
  {
    name: 'writes what depends on a version only if the entry has it',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('a')]);
      const version = versionIn(trial, tier, 'a')!;
      const changed = makeEntry('a', { source: 'changed' });
      const before = headOf(trial, tier);
      const refused = await write(trial, tier, [
        { key: 'a', entry: changed, ifVersion: version + 2 },
        { key: 'a', entry: null, ifVersion: 0 },
        { key: 'never', entry: makeEntry('never'), ifVersion: version },
      ]);
      trial.same(
        'answers of writes that depend on another version',
        refused.map(({ version: given, existed }) => [given, existed]),
        [
          [0, true],
          [0, true],
          [0, false],
        ],
      );
      trial.same('keys in the log after them', keysAfter(trial, tier, before), []);
      await expectEntries(trial, tier, [makeEntry('a')], 'after them');
      const made = await write(trial, tier, [
        { key: 'a', entry: changed, ifVersion: version },
        { key: 'b', entry: makeEntry('b'), ifVersion: 0 },
      ]);
      trial.holds(
        'versions of writes that depend on the version',
        made.every((answer) => answer.version > version),
        'new ones',
        made,
      );
      await expectEntries(trial, tier, [changed, makeEntry('b')], 'after writes that depend on the version');
    },
  },
  {
    name: 'reads pages after a position, and says where the log ends',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith(makeEntries(5));
      const all = rowsAfter(trial, tier, 0);
      trial.same(
        'keys in the log',
        all.map(({ key }) => key),
        makeEntries(5).map(({ key }) => key),
      );
      const first = page(trial, tier, 0, 2);
      trial.same('rows of a page of 2', first.rows, all.slice(0, 2));
      trial.same('head of a page of 2', first.head, all.at(-1)!.position);
      trial.same('rows after that page', rowsAfter(trial, tier, first.rows[1]!.position), all.slice(2));
      const end = { id: first.id, rows: [], head: first.head, isPruned: false };
      for (let reads = 0; reads < 2; reads++) trial.same('page at the end', page(trial, tier, first.head), end);
      await tier.put(makeEntry('x'));
      trial.same('keys after the end', keysAfter(trial, tier, first.head), ['x']);
    },
  },
  {
    name: 'moves the cursor of a tier forward only',
    rule: 'log',
    run: async (trial) => {
      const tier = await trial.tierWith(makeEntries(3));
      const [one, two] = rowsAfter(trial, tier, 0).map(({ position }) => position) as [number, number];
      const cursor = () => atOnce(trial, 'log.cursorOf()', () => tier.raw.log!.cursorOf('above'));
      const move = (to: number) => tier.call('log.moveCursor()', () => tier.raw.log!.moveCursor('above', to));
      trial.same('cursor of an unknown tier', cursor(), undefined);
      trial.same('moveCursor to 0', await move(0), true);
      trial.same('cursor at 0', cursor(), 0);
      trial.same('moveCursor forward', [await move(one), await move(two)], [true, true]);
      trial.same('moveCursor back', await move(one), false);
      trial.same('cursor', cursor(), two);
      trial.same(
        'cursor of another tier',
        atOnce(trial, 'log.cursorOf()', () => tier.raw.log!.cursorOf('other')),
        undefined,
      );
    },
  },
  {
    name: 'prunes rows that every tier has read, and says so',
    rule: 'log',
    slow: true,
    run: async (trial) => {
      const tier = await trial.tierWith([makeEntry('first')]);
      const start = headOf(trial, tier);
      const move = (id: string, to: number) => tier.call('log.moveCursor()', () => tier.raw.log!.moveCursor(id, to));
      for (const id of ['one', 'two']) await move(id, start);
      const many = makeEntries(1000);
      for (let count = 0; count <= LOG_KEEPS; count += many.length) await tier.putMany(many);
      const head = headOf(trial, tier);
      await move('one', head);
      trial.same('isPruned while another tier has not read the rows', page(trial, tier, start, 1).isPruned, false);
      trial.holds(
        'rows that it has not read',
        rowsAfter(trial, tier, start).length > LOG_KEEPS,
        'all of them',
        'fewer',
      );
      await move('two', head);
      const last = page(trial, tier, start);
      trial.same('isPruned once all tiers have read them', last.isPruned, true);
      trial.holds('rows that are kept', last.rows.length >= LOG_KEEPS, `${LOG_KEEPS} or more`, last.rows.length);
      trial.same('isPruned after what was pruned', page(trial, tier, last.rows[0]!.position, 1).isPruned, false);
      trial.same('head', last.head, head);
    },
  },
  {
    name: 'refuses invalid arguments of the log',
    rule: 'arguments',
    run: async (trial) => {
      const stored = [makeEntry('a'), makeEntry('b')];
      const tier = await trial.tierWith(stored);
      const log = tier.raw.log!;
      const [before, good] = [headOf(trial, tier), { key: 'a', entry: makeEntry('a', { source: 'new' }) }];
      for (const bad of [
        null,
        5,
        { key: 5, entry: null },
        { key: 'x', entry: makeEntry('a') },
        { key: 'a', entry: {} },
        { key: 'a' },
      ])
        await trial.refuses(`log.write([good, ${JSON.stringify(bad)}])`, () =>
          log.write([good, bad as never], OPTIONS),
        );
      await trial.refuses('log.write(5)', () => log.write(5 as never, OPTIONS));
      for (const options of [
        undefined,
        { after: -1, timeoutMs: 5 },
        { after: 0.5, timeoutMs: 5 },
        { after: 0, timeoutMs: 0 },
        { after: 0 },
      ]) {
        await trial.refuses(`log.write with ${JSON.stringify(options)}`, () => log.write([good], options as never));
        await trial.refuses(`log.clear with ${JSON.stringify(options)}`, () => log.clear(options as never));
      }
      await trial.refuses('log.update with a change that throws', () =>
        log.update(
          'a',
          () => {
            throw new Error('planted by the kit');
          },
          { after: 0 },
        ),
      );
      await trial.refuses('log.update with a change to another key', () =>
        log.update('a', () => makeEntry('b'), { after: 0 }),
      );
      await trial.refuses('log.update(5)', () => log.update(5 as never, () => null, { after: 0 }));
      await trial.refuses('log.replay with a version of -1', () => log.replay('a', null, -1));
      await trial.refuses('log.replay with another key', () => log.replay('b', makeEntry('a'), LATER));
      await trial.refuses('log.replay of an entry without a key', () => log.replay(null, makeEntry('a'), LATER));
      for (const key of [5, null, undefined])
        await trial.refuses(`log.versionOf(${key})`, () => log.versionOf(key as never));
      await trial.refuses('log.read(-1)', () => log.read(-1, 1));
      await trial.refuses('log.read with a limit of 0', () => log.read(0, 0));
      await trial.refuses('log.cursorOf(5)', () => log.cursorOf(5 as never));
      await trial.refuses('log.moveCursor with a position of -1', () => log.moveCursor('above', -1));
      trial.same('keys in the log', keysAfter(trial, tier, before), []);
      trial.same('failureCount', tier.raw.failureCount, 0);
      await expectEntries(trial, tier, stored, 'after invalid arguments');
    },
  },
];

const persistent: Check = {
  name: 'keeps log, versions and cursors across close',
  rule: 'persistent',
  run: async (trial) => {
    const first = await trial.tierWith(makeEntries(3));
    const before = [rowsAfter(trial, first, 0), versionIn(trial, first, 'entry-0001')];
    const head = headOf(trial, first);
    await first.call('log.moveCursor()', () => first.raw.log!.moveCursor('above', head));
    await first.close();
    trial.clock.advance(-HOUR);
    const second = await trial.tier();
    await second.open();
    trial.same('log and version', [rowsAfter(trial, second, 0), versionIn(trial, second, 'entry-0001')], before);
    trial.same(
      'cursor',
      atOnce(trial, 'log.cursorOf()', () => second.raw.log!.cursorOf('above')),
      head,
    );
    await second.put(makeEntry('later'));
    trial.same('keys in the log afterwards', keysAfter(trial, second, head), ['later']);
  },
};

const shared: readonly Check[] = [
  {
    name: 'logs the writes of every instance in one order, whatever their clocks say',
    rule: 'log',
    run: async (trial) => {
      const [one, other] = [await trial.tier(), await trial.tier()];
      await one.open();
      await other.open();
      const key = (at: number) => `k${at}`;
      for (let at = 0; at < 12; at++) {
        const before = headOf(trial, one);
        trial.clock.advance(at % 3 === 2 ? HOUR : -HOUR / 3);
        await (at % 2 === 0 ? one : other).put(makeEntry(key(at), { expiresAt: START + 1000 * HOUR }));
        for (const tier of [one, other]) expectLogged(trial, tier, before, 'a put by one of two instances', key(at));
      }
      expectGrowth(trial, rowsAfter(trial, other, 0));
      trial.same('log of the other instance', rowsAfter(trial, other, 0), rowsAfter(trial, one, 0));
    },
  },
  {
    name: 'loses no update at once of several instances',
    rule: 'update',
    run: async (trial) => {
      const tiers = [await trial.tierWith([makeEntry('a')]), await trial.tier()];
      await tiers[1]!.open();
      const change = (entry: CacheEntry) => entry.with({ failureCount: entry.failureCount + 1 });
      const puts = Promise.all(makeEntries(10).map((entry) => tiers[0]!.put(entry)));
      for (let at = 0; at < 20; at++) {
        const { log } = tiers[at % 2]!.raw;
        await unlocked(trial, 'log.update()', () => log!.update('a', change, { after: 0 }));
      }
      await puts;
      trial.same('failureCount of the entry', (await tiers[1]!.get('a'))?.failureCount, 20);
    },
  },
  {
    name: 'logs the writes of every process in one order, whatever their clocks say',
    rule: 'log',
    slow: true,
    run: async (trial) => {
      const here = await trial.tier();
      await here.open();
      await TierProcess.run(trial, { command: 'serve' }, async (there) => {
        await there.request({ operation: 'advance', count: -HOUR });
        for (let at = 0; at < 5; at++) {
          const before = headOf(trial, here);
          await here.put(makeEntry(`here-${at}`));
          await there.request({ operation: 'put', keys: [`there-${at}`], count: 1 });
          trial.same('keys in the log', keysAfter(trial, here, before), [`here-${at}`, `there-${at}`]);
        }
        const puts = there.request({
          operation: 'put',
          keys: Array.from({ length: 40 }, (_, at) => `there-${at}`),
          count: 2,
        });
        puts.catch(() => {});
        for (const entry of makeEntries(40)) await here.put(entry);
        await puts;
      });
      const rows = rowsAfter(trial, here, 0);
      expectGrowth(trial, rows);
      trial.same('number of rows', rows.length, 90);
    },
  },
];

export const logs: CheckGroup = {
  name: 'log',
  checks: ({ capabilities }: Claims) => {
    if (!capabilities.log) return [];
    return [
      ...checks,
      ...replayChecks,
      ...(capabilities.persistent ? [persistent] : []),
      ...(capabilities.shared ? shared : []),
    ];
  },
};
