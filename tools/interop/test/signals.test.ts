import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { generateKey } from '@pw/cache-crypto';
import { openCache } from '@pw/cache-manager';
import type { CacheConfigInput } from '@pw/cache-models';
import { bundleProgram, makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';

const CHILD = await bundleProgram(join(import.meta.dirname, 'support', 'signalled-child.ts'));
const off = { enabled: false };

const STACKS: Record<string, CacheConfigInput> = {
  memory: { l2Config: off, l3Config: off },
  jsonl: { l1Config: off, l3Config: off, l2Backend: 'jsonl' },
  sqlite: { l1Config: off, l3Config: off, l2Backend: 'sqlite' },
  'jsonl and sqlite behind memory': { l2Backend: 'jsonl' },
};

interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly lines: readonly string[];
}

/** Runs the program in `CHILD` and sends it a signal while it writes. */
function signalled(config: CacheConfigInput, signal: NodeJS.Signals, handler: string): Promise<Ending> {
  const args = ['--conditions=@pw/source', CHILD, JSON.stringify(config), signal, handler];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  let isSent = false;
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
    if (isSent || !out.includes('ready\n')) return;
    isSent = true;
    child.kill(signal);
  });
  return new Promise((resolve) =>
    child.on('close', (code, by) => resolve({ code, signal: by, lines: out.trimEnd().split('\n') })),
  );
}

describe.each(Object.entries(STACKS))('a program with a cache in %s', (name, stack) => {
  const configIn = (directory: string): CacheConfigInput => ({
    ...stack,
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3', 'cache.db'),
    encryptionKey: generateKey(),
  });

  async function lostOf(config: CacheConfigInput, { lines }: Ending): Promise<string[]> {
    const acknowledged = lines.flatMap((line) => (line.startsWith('stored ') ? [line.slice(7)] : []));
    expect(acknowledged.length).toBeGreaterThan(20);
    if (name === 'memory') return [];
    await using cache = await openCache(config);
    // Read without counting accesses: a counted one would wait for the lock of the killed process.
    const passwords = new Map<string, string | undefined>();
    for await (const { key, password } of cache.entries()) passwords.set(key, password?.reveal());
    return acknowledged.filter((key) => passwords.get(key) !== `pw-${key.slice(1)}`);
  }

  describe.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('that receives %s', (signal) => {
    it.each(['once', 'on'])('ends as its own handler decides, set with %s', async (handler) => {
      const directory = makeTempDir(onTestFinished);
      const config = configIn(directory);
      const ending = await signalled(config, signal, handler);
      expect(ending.lines.filter((line) => !/^(stored k\d+|ready)$/.test(line))).toEqual(['closed']);
      expect(ending).toMatchObject({ code: 0, signal: null });
      expect(readdirSync(directory, { recursive: true }).filter((file) => String(file).endsWith('.lock'))).toEqual([]);
      expect(await lostOf(config, ending)).toEqual([]);
    });

    it('dies from the signal without a handler, and keeps what was acknowledged', async () => {
      const config = configIn(makeTempDir(onTestFinished));
      const ending = await signalled(config, signal, 'none');
      expect(ending).toMatchObject({ code: null, signal });
      expect(ending.lines.filter((line) => line.startsWith('hooked'))).toEqual([]);
      expect(await lostOf(config, ending)).toEqual([]);
    });
  });
});
