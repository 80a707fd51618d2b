import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import fs, { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// Importing a package does not change the process. A program ends as its own signal handler decides, or by the signal
// if it has no handler.
const [first, ...rest] = process.argv.slice(2);
if (first === 'child') await child(...rest);
else {
  await checkImports([first, ...rest]);
  for (const backend of ['jsonl', 'sqlite'])
    for (const signal of ['SIGINT', 'SIGTERM'])
      for (const handler of ['once', 'on', 'none']) await checkEnding(backend, signal, handler);
}

async function checkImports(names) {
  const listeners = () => process.eventNames().map((name) => [name, process.listenerCount(name)]);
  const functions = () => [process.emit, process.reallyExit, process.exit, process.cwd, fs.close, fs.closeSync];
  const before = [listeners(), functions()];
  // The conformance kit loads its test runner, which may change the process.
  for (const name of names.filter((name) => name !== '@pw/tier-testkit')) {
    await import(name);
    assert.deepEqual([listeners(), functions()], before, `${name} changes the process that imports it`);
  }
}

async function checkEnding(backend, signal, handler) {
  const directory = mkdtempSync(join(tmpdir(), 'pw-signals-'));
  const args = [fileURLToPath(import.meta.url), 'child', directory, backend, signal, handler];
  const running = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  running.stdout.on('data', (chunk) => {
    out += chunk;
    if (out === 'ready\n') running.kill(signal);
  });
  const ending = await new Promise((resolve) => running.on('close', (code, by) => resolve([code, by, out])));
  const expected = handler === 'none' ? [null, signal, 'ready\n'] : [0, null, 'ready\nclosed\n'];
  assert.deepEqual(ending, expected, `${backend}, ${signal}, handler: ${handler}`);
  rmSync(directory, { recursive: true });
}

async function child(directory, backend, signal, handler) {
  const { openCache } = await import('@pw/cache-manager');
  const { CacheEntry } = await import('@pw/cache-models');
  const alive = setInterval(() => {}, 1000);
  const cache = await openCache({
    l2Backend: backend,
    l2CacheDir: join(directory, 'l2'),
    l3DatabasePath: join(directory, 'l3.db'),
  });
  const close = async () => {
    await cache.close();
    clearInterval(alive);
    process.stdout.write('closed\n');
  };
  if (handler !== 'none') process[handler](signal, close);
  const entry = CacheEntry.create({ proxyUrl: 'http://198.18.0.1:80' });
  assert.equal(await cache.put(entry.key, entry), true);
  process.stdout.write('ready\n');
}
