import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { bundleProgram, makeTempDir } from '@pw/test-support';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { SqliteCacheTier } from '@pw/tier-sqlite';
import { describe, expect, it, onTestFinished } from 'vitest';
import { CacheManager } from '../../src/index.ts';

const CHILD = await bundleProgram(fileURLToPath(new URL('../support/identity-child.ts', import.meta.url)));
const LIST = ['http://user:pass_session-a1@gate.example:7777', 'http://user:pass_session-b2@gate.example:7777'];
const KEY = generateKey();

interface Outcome {
  readonly loaded: number;
  readonly keys: readonly string[];
}

function makePlace() {
  const home = makeTempDir(onTestFinished);
  const list = join(home, 'list.txt');
  writeFileSync(list, LIST.join('\n'));
  const directory = join(home, 'cache');
  mkdirSync(directory, { mode: 0o700 });
  return { directory, list };
}

function start(kind: string, { directory, list }: { directory: string; list: string }, step: string): ChildProcess {
  const argv = ['--conditions=@pw/source', CHILD, kind, directory, list, KEY, step];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child;
}

/** Imports the list as the child does, but in this process. */
async function importHere(kind: string, { directory, list }: ReturnType<typeof makePlace>): Promise<Outcome> {
  const path = join(directory, 'cache.db');
  await using cache = await CacheManager.open({
    tiers: [
      (context) =>
        kind === 'jsonl' ? new JsonlCacheTier({ ...context, directory }) : new SqliteCacheTier({ ...context, path }),
    ],
    cipher: new CredentialEncryptor({ key: KEY, env: {} }),
  });
  const { loaded } = await cache.warmFromFile(list, { keyIdentity: 'url+credentials' });
  return { loaded, keys: (await cache.keys()).sort() };
}

async function outcomes(children: readonly ChildProcess[]): Promise<Outcome[]> {
  const texts = children.map((child) => text(child.stdout!));
  for (const child of children) child.stdin!.write('go\n');
  return (await Promise.all(texts)).map((all) => JSON.parse(all.trim().split('\n').at(-1)!) as Outcome);
}

describe.each(['sqlite', 'jsonl'])('the identity key in %s', (kind) => {
  it('is the same for processes that create it at the same time', async () => {
    const place = makePlace();
    const children = Array.from({ length: 3 }, () => start(kind, place, 'none'));
    await Promise.all(children.map((child) => once(child.stdout!, 'readable')));
    const all = await outcomes(children);
    expect(all.map(({ loaded }) => loaded)).toEqual([2, 2, 2]);
    // The two proxies are two entries, whichever process stored them.
    const [last] = await outcomes([start(kind, place, 'none')]);
    expect(last!.keys).toHaveLength(2);
    for (const { keys } of all) expect(keys).toEqual(last!.keys);
  }, 120_000);

  const steps = kind === 'jsonl' ? ['sealed', 'written', 'linked', 'stored'] : ['sealed', 'stored'];
  it.each(steps)(
    'is the same for all later imports after a process was killed in the step "%s"',
    async (step) => {
      const place = makePlace();
      const killed = start(kind, place, step);
      const [, signal] = (await once(killed, 'exit')) as [number | null, string | null];
      expect(signal).toBe('SIGKILL');
      const first = await importHere(kind, place);
      expect(first).toEqual(await importHere(kind, place));
      expect(first.keys).toHaveLength(2);
      if (step === 'sealed' || step === 'written')
        expect(readdirSync(place.directory).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    },
    120_000,
  );
});
