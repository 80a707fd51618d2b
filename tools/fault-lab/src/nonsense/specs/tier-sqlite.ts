import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheEntry, entryToRecord } from '@pw/cache-models';
import { DiskCacheTier, SqliteCacheTier, type SqliteTierOptions } from '@pw/tier-sqlite';
import {
  either,
  isFunction,
  isNull,
  isText,
  isTimeLike,
  isUndefined,
  maybe,
  must,
  objectOf,
  oneOf,
  wholeFrom,
} from '../accepts.ts';
import { passingOn } from '../callers-own.ts';
import { constructorOf, methodOf } from '../calling.ts';
import type { CallGroup, Parameter } from '../nonsense-spec.ts';
import { Folders, finiteFrom, isAbove0, isPath, numberFrom } from './in-folder.ts';
import { tierGroup, tierOptionsWith } from './tier-calls.ts';

const folders = new Folders();
const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
const isDatabasePath = (value: unknown) => isPath(value) && (value as string).trimEnd() === value;

const shared: readonly Parameter[] = [
  maybe('durability', oneOf('normal', 'full')),
  maybe('busyTimeoutMs', wholeFrom(0, 60_000)),
  maybe('maxBlockMs', either(isNull, finiteFrom(1))),
  maybe('whenLocked', oneOf('block', 'promise')),
  maybe('directoryChecks', oneOf('warn', 'strict', 'off')),
];

/** The options of a constructor, which are required: one is the path of the database. */
function optionsWith(...own: readonly Parameter[]): Parameter {
  const options = tierOptionsWith(...shared, ...own);
  return { ...options, accepts: objectOf(...options.members!.map(({ name }) => name)) };
}

const diskOptions = optionsWith(must('directory', isDatabasePath));
const isTime = (value: unknown) => isAbove0(value) && Number.isFinite(value);
const sqliteOptions = optionsWith(
  must('path', isDatabasePath),
  maybe('healthSchedule', objectOf('intervalMs', 'maxIntervalMs', 'jitter', 'random'), [
    maybe('intervalMs', isTime),
    maybe('maxIntervalMs', isTime),
    maybe('jitter', numberFrom(0, 1)),
    maybe('random', isFunction),
  ]),
  maybe('healthRetention', objectOf('maxRecordsPerKey', 'maxAgeMs'), [
    maybe('maxRecordsPerKey', either(isNull, wholeFrom(1))),
    maybe('maxAgeMs', either(isNull, isTime)),
  ]),
);

/** Folders of shards: one that exists, and any other path. */
const directory = must('directory', either(isUndefined, isDatabasePath));

function diskTier(options: Partial<SqliteTierOptions>): DiskCacheTier {
  return folders.open((folder) => {
    const entry = CacheEntry.create({ key: 'migrated', proxyUrl: 'http://migrated.example:8080' });
    writeFileSync(join(folder, 'shard_0.jsonl'), `${JSON.stringify(entryToRecord(entry, undefined))}\n`);
    return new DiskCacheTier({ directory: folder, cipher, ...options });
  });
}

const ofDisk = (variant: Partial<SqliteTierOptions>, name: string): CallGroup =>
  tierGroup({
    Class: DiskCacheTier,
    parts: ['sideValues', 'changes', 'leases', 'log', 'marks'],
    variant: name,
    open: () => diskTier(variant),
    close: (tier) => folders.close(tier),
    more: [
      {
        name: 'DiskCacheTier',
        parameters: [diskOptions],
        right: () => [{ maxEntries: 10, directory: 'nowhere' }],
        call: constructorOf(DiskCacheTier),
        refusal: 'config',
      },
      {
        name: 'DiskCacheTier#migrateFromJsonl',
        parameters: [directory, maybe('options', objectOf('onProgress'), [maybe('onProgress', isFunction)])],
        right: (tier) => [folders.of(tier), {}],
        call: passingOn(methodOf('migrateFromJsonl')),
      },
    ],
  });

export const tierSqlite: readonly CallGroup[] = [
  ofDisk({}, 'blocking'),
  ofDisk({ whenLocked: 'promise' }, 'not blocking'),
  tierGroup({
    Class: SqliteCacheTier,
    parts: ['sideValues', 'health', 'changes', 'leases', 'log', 'marks'],
    open: () => folders.open((folder) => new SqliteCacheTier({ path: join(folder, 'l3.db'), cipher })),
    close: (tier) => folders.close(tier),
    more: [
      {
        name: 'SqliteCacheTier',
        parameters: [sqliteOptions],
        right: () => [{ maxEntries: 10, path: 'nowhere.db' }],
        call: constructorOf(SqliteCacheTier),
        refusal: 'config',
      },
      {
        name: 'SqliteCacheTier#healthSummary',
        parameters: [
          must('key', isText),
          maybe('window', objectOf('since', 'until'), [maybe('since', isTimeLike), maybe('until', isTimeLike)]),
        ],
        right: () => ['kept', {}],
        call: methodOf('healthSummary'),
      },
    ],
  }),
];
