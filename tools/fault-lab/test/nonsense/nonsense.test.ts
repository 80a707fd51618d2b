import * as cli from '@pw/cache-cli';
import * as crypto from '@pw/cache-crypto';
import * as manager from '@pw/cache-manager';
import * as models from '@pw/cache-models';
import * as authors from '@pw/cache-models/tier';
import { count, FULL_TIME } from '@pw/test-support';
import * as jsonl from '@pw/tier-jsonl';
import * as memory from '@pw/tier-memory';
import * as redis from '@pw/tier-redis';
import * as sqlite from '@pw/tier-sqlite';
import * as testkit from '@pw/tier-testkit';
import { describe, expect, it } from 'vitest';
import type { CallGroup } from '../../src/nonsense/nonsense-spec.ts';
import { NONSENSE_VALUES } from '../../src/nonsense/nonsense-values.ts';
import { OMISSIONS } from '../../src/nonsense/omissions.ts';
import { publicCalls } from '../../src/nonsense/public-calls.ts';
import { cacheCli } from '../../src/nonsense/specs/cache-cli.ts';
import { cacheCrypto } from '../../src/nonsense/specs/cache-crypto.ts';
import { cacheManager } from '../../src/nonsense/specs/cache-manager.ts';
import { cacheModels } from '../../src/nonsense/specs/cache-models.ts';
import { tierJsonl } from '../../src/nonsense/specs/tier-jsonl.ts';
import { tierMemory } from '../../src/nonsense/specs/tier-memory.ts';
import { tierRedis } from '../../src/nonsense/specs/tier-redis.ts';
import { tierSqlite } from '../../src/nonsense/specs/tier-sqlite.ts';
import { tierTestkit } from '../../src/nonsense/specs/tier-testkit.ts';
import { type Finding, tryAll, tryRandomly } from '../../src/nonsense/try-nonsense.ts';
import { Random } from '../../src/random.ts';

const PACKAGES: readonly (readonly [name: string, exported: object, groups: readonly CallGroup[]])[] = [
  ['cache-models', { ...models, ...authors }, cacheModels],
  ['cache-crypto', crypto, cacheCrypto],
  ['tier-memory', memory, tierMemory],
  ['cache-manager', manager, cacheManager],
  ['tier-jsonl', jsonl, tierJsonl],
  ['tier-sqlite', sqlite, tierSqlite],
  ['tier-redis', redis, tierRedis],
  ['tier-testkit', testkit, tierTestkit],
  ['cache-cli', cli, cacheCli],
];
const GROUPS = PACKAGES.flatMap(([, , groups]) => groups);
const RANDOM_CALLS = count(5_000, 50_000);
const SEED = Number(process.env['PW_SEED'] ?? Date.now() % 2 ** 31);

/** One line for all values with the same outcome, so that a failure is readable. */
function summarise(findings: readonly Finding[]): string[] {
  const values = new Map<string, Set<string>>();
  for (const { call, argument, value, what } of findings) {
    const line = `${call}(${argument}) ${what}`;
    values.set(line, (values.get(line) ?? new Set()).add(value));
  }
  return [...values].map(([line, given]) => `${line}: ${[...given].join(', ')}`).sort();
}

describe.each(PACKAGES)('%s', (_name, exported, groups) => {
  it('has a description of every public call, or a reason why there is none', () => {
    const described = new Set(groups.flatMap(({ calls }) => calls.map(({ name }) => name)));
    const missing = publicCalls(exported as Record<string, unknown>).filter(
      (name) => !described.has(name) && !(name in OMISSIONS),
    );
    expect(missing).toEqual([]);
  });
});

describe.each(GROUPS)('$name', (group) => {
  it('works with valid arguments', async () => {
    const subject = await group.open();
    try {
      for (const call of group.calls) await call.call(subject, ...(await call.right(subject)));
      await group.assertSound?.(subject);
    } finally {
      await group.close?.(subject);
    }
  });

  it('refuses every invalid value in every argument with an error that names the argument', async () => {
    const { findings } = await tryAll(group);
    expect(summarise(findings)).toEqual([]);
  });

  it(`refuses random invalid values in the same way, from seed ${SEED}`, { timeout: FULL_TIME }, async () => {
    const findings = await tryRandomly(group, Math.ceil(RANDOM_CALLS / GROUPS.length), new Random(SEED));
    expect(summarise(findings)).toEqual([]);
  });
});

describe('the search for faulty calls', () => {
  const refuse = (path: string): never => {
    throw new models.CacheValidationError(`${path}: must be a string`, {
      problems: [{ path, message: 'must be a string' }],
    });
  };
  const faulty: readonly (readonly [what: string, work: (text: unknown) => unknown])[] = [
    ['accepts it', () => undefined],
    ['throws TypeError', (text) => (text as string).trim()],
    ['does not name', (text) => (typeof text === 'string' ? text : refuse('something'))],
    [
      'throws a CacheError instead of a CacheValidationError',
      () => {
        throw new models.CacheError('text: must be a string');
      },
    ],
    ['throws synchronously instead of rejecting', () => refuse('text')],
    ['does harm', () => refuse('text')],
  ];

  it.each(faulty)('reports a call that %s', async (what, work) => {
    const { calls, findings } = await tryAll({
      name: 'faulty',
      open: () => undefined,
      assertSound: () => {
        if (what === 'does harm') throw new Error('the subject is broken');
      },
      calls: [
        {
          name: 'work',
          parameters: [{ name: 'text', accepts: (value) => typeof value === 'string' }],
          right: () => ['text'],
          call: (_, text) => work(text),
          isAsync: what.startsWith('throws synchronously'),
        },
      ],
    });
    expect(calls).toBe(NONSENSE_VALUES.length);
    expect(findings.map((finding) => finding.what)).toContainEqual(expect.stringContaining(what));
  });
});
