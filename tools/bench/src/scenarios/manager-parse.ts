import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry, type CredentialRole, entryToRecord, type ProxyRecord } from '@pw/cache-models';
import { atMost } from '../figures/goal.ts';
import { NullTier } from '../floors/null-tier.ts';
import { recordSchema } from '../floors/record-schema.ts';
import type { Contender, Contest, Scenario, ScenarioContext } from '../run/scenario.ts';
import { sampleEntries } from '../samples/sample-record.ts';

const WITH_ZOD = 'JSON.parse and zod';
const WITH_MACS = 'JSON.parse, zod, and the MACs and the PRF of two tokens';

export const managerParse: Scenario = {
  name: 'manager-parse',
  about:
    'Reading and checking a JSON Lines file of full records without credentials (19 members), per record: warmFromFile into a tier that stores nothing.',
  goals: [atMost('warmFromFile', 1.15, WITH_ZOD)],
  setUp: (context) => parseContest(context, false),
};

export const managerParseSealed: Scenario = {
  name: 'manager-parse-sealed',
  about: 'The same for records with two sealed credentials (21 members).',
  goals: [atMost('warmFromFile', 1.15, WITH_MACS), atMost('warmFromFile', 1.15, WITH_ZOD)],
  why: `A row whose credentials do not open at its proxy is not loaded, so the MAC and binding of each token are
verified: four hashes, two AES blocks and two decoded strings, about 6 µs per row, which *${WITH_ZOD}* omits.`,
  setUp: (context) => parseContest(context, true),
};

async function parseContest({ directory, quick, onFinish }: ScenarioContext, sealed: boolean): Promise<Contest> {
  const count = quick ? 1000 : 20_000;
  const cipher = new CredentialEncryptor({ key: generateKey(), env: {} });
  const file = join(directory, 'records.jsonl');
  const entries = sampleEntries(count).map((entry) =>
    sealed ? entry : CacheEntry.restore({ ...entry.toFields(), username: null, password: null }),
  );
  writeFileSync(file, `${entries.map((entry) => JSON.stringify(entryToRecord(entry, cipher))).join('\n')}\n`, {
    mode: 0o600,
  });
  const cache = await CacheManager.open({ tiers: [new NullTier()], cipher });
  onFinish(() => cache.close());
  const parseAll = (): unknown[] =>
    readFileSync(file, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
  const checkAll = () => parseAll().filter((record) => recordSchema.safeParse(record).success);
  // An import must also verify that each token opens at its proxy.
  const checkTokens = () =>
    (checkAll() as ProxyRecord[]).filter(
      (record) => isOurs(record, 'username', cipher) && isOurs(record, 'password', cipher),
    );
  const floor = (name: string, run: () => unknown[]): Contender => ({
    name,
    role: 'floor',
    items: count,
    run,
    answer: () => run().length,
  });
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
      floor(WITH_ZOD, checkAll),
      ...(sealed ? [floor(WITH_MACS, checkTokens)] : []),
      floor('JSON.parse alone', parseAll),
    ],
  };
}

function isOurs(record: ProxyRecord, role: CredentialRole, cipher: CredentialEncryptor): boolean {
  const token = record[`${role}_encrypted`];
  const binding = { role, origin: record.proxy_url };
  return token === undefined || cipher.stateOf(Buffer.from(token, 'hex'), binding) === 'current';
}
