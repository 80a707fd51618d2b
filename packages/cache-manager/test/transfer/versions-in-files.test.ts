import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheEntry, entryToRecord, recordChecksum } from '@pw/cache-models';
import { stampEntry, versionOf } from '@pw/cache-models/tier';
import { makeTempDir } from '@pw/test-support';
import { expect, it, onTestFinished } from 'vitest';
import { exportToFile } from '../../src/transfer/export/index.ts';
import { warmFromFile } from '../../src/transfer/import/index.ts';
import { MapTarget } from '../support/import-target.ts';

const entry = CacheEntry.create({ proxyUrl: 'http://a.example:1' });
const newPath = () => join(makeTempDir(onTestFinished), 'entries.jsonl');

it('an export contains no versions', async () => {
  const path = newPath();
  await exportToFile({ entries: () => [stampEntry(entry, 4098)], cipher: undefined }, path);
  expect(readFileSync(path, 'utf8')).not.toMatch(/version|4098/);
});

it('an import ignores versions, also in the files of a tier', async () => {
  const path = newPath();
  const record = { ...entryToRecord(entry, undefined), pw_version: Number.MAX_SAFE_INTEGER };
  writeFileSync(path, `${JSON.stringify({ ...record, checksum: recordChecksum(record) })}\n`);
  const target = new MapTarget();
  expect(await warmFromFile(target, path)).toMatchObject({ loaded: 1 });
  expect([...target.map.values()].map((one) => [one.key, versionOf(one)])).toEqual([[entry.key, 0]]);
});
