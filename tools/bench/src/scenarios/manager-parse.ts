import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager } from '@pw/cache-manager';
import { entryToRecord, type ProxyRecord } from '@pw/cache-models';
import { recordSchema } from '../bare/record-schema.ts';
import { atMost } from '../goal.ts';
import { NullTier } from '../null-tier.ts';
import { sampleEntries } from '../sample-record.ts';
import type { Scenario } from '../scenario.ts';

export const managerParse: Scenario = {
  name: 'manager-parse',
  about:
    'Reading and checking a JSON Lines file of full records (21 members), a record: warmFromFile into a tier that keeps nothing.',
  goals: [atMost('warmFromFile', 1.15, 'JSON.parse and zod')],
  setUp: async ({ directory, quick, onFinish }) => {
    const count = quick ? 1000 : 20_000;
    const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
    const file = join(directory, 'records.jsonl');
    const lines = sampleEntries(count).map((entry) => JSON.stringify(entryToRecord(entry, cipher)));
    writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o600 });
    const cache = await CacheManager.open({ tiers: [new NullTier()], cipher });
    onFinish(() => cache.close());
    const parseAll = (): unknown[] =>
      readFileSync(file, 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line));
    const checkAll = () => parseAll().filter((record) => recordSchema.safeParse(record).success);
    // What an import owes besides: a token that no key opens is not loaded.
    const checkTokens = () =>
      (parseAll() as ProxyRecord[]).filter(
        (record) =>
          recordSchema.safeParse(record).success &&
          isOurs(record.username_encrypted, cipher) &&
          isOurs(record.password_encrypted, cipher),
      );
    return {
      expected: count,
      contenders: [
        {
          name: 'warmFromFile',
          role: 'ours',
          async: true,
          items: count,
          run: () => cache.warmFromFile(file),
          answer: async () => (await cache.warmFromFile(file)).loaded,
        },
        { name: 'JSON.parse and zod', role: 'floor', items: count, run: checkAll, answer: () => checkAll().length },
        {
          name: 'JSON.parse, zod and the MACs of two tokens',
          role: 'floor',
          items: count,
          run: checkTokens,
          answer: () => checkTokens().length,
        },
        { name: 'JSON.parse alone', role: 'floor', items: count, run: parseAll, answer: () => parseAll().length },
      ],
    };
  },
};

function isOurs(token: string | undefined, cipher: CredentialEncryptor): boolean {
  return token === undefined || cipher.keyOf(Buffer.from(token, 'hex')) === 'current';
}
