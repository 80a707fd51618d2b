import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { CacheEntry } from '@pw/cache-models';
import type { JsonlCacheTier } from '../../src/index.ts';

// Runs one operation of a tier, and stops itself (SIGSTOP) or kills itself just before one call of a function of `fs`.
const [directory, work, call, at, signal = 'SIGSTOP'] = process.argv.slice(2) as [
  string,
  (
    | 'put'
    | 'access'
    | 'delete'
    | 'compact'
    | 'clear'
    | 'release'
    | 'burst'
    | 'reshard'
    | 'loop'
    | 'alone'
    | 'unmark'
    | 'update'
  ),
  'writeSync' | 'renameSync' | 'rmdirSync' | 'lstatSync' | 'openSync' | 'none',
  string,
  NodeJS.Signals?,
];
let left = Number.POSITIVE_INFINITY;
const real = fs[call as 'writeSync'];
if (call !== 'none') {
  fs[call as 'writeSync'] = ((...parts: Parameters<typeof fs.writeSync>) => {
    if (--left === 0) process.kill(process.pid, signal);
    return real(...parts);
  }) as typeof fs.writeSync;
  syncBuiltinESMExports();
}
const { JsonlCacheTier: Tier } = await import('../../src/index.ts');
const open = (numShards?: number): JsonlCacheTier =>
  new Tier({
    directory,
    numShards,
    lock: { staleMs: 2000, updateMs: 1000, deadlineMs: 20_000 },
    failureThreshold: 1000,
  });
const tier = open();
await tier.open();
const entry = (key: string, source: string) =>
  CacheEntry.create({ key, proxyUrl: 'http://h:1', source, lastHealthError: 'x'.repeat(500), ttlSeconds: 86_400 });
const say = (text: string) => fs.writeFileSync(process.stdout.fd, `${text}\n`);

const done: boolean[] = [];
const armed = () => {
  left = Number(at);
  say('ready');
};
switch (work) {
  case 'put':
    armed();
    done.push(await tier.put('mine', entry('mine', 'child')), await tier.put('k0', entry('k0', 'child')));
    break;
  case 'access':
    // An old value that is rewritten with another count.
    armed();
    await tier.recordAccess([{ key: 'k0', hits: 7, lastAccessed: Date.now() }]);
    await tier.close();
    break;
  case 'delete':
    armed();
    done.push(await tier.delete('k1'));
    break;
  case 'compact':
    for (let n = 0; n < 150; n++) {
      if (n === 100) armed();
      done.push(await tier.put('mine', entry('mine', `${n}`)));
    }
    break;
  case 'clear':
    armed();
    await tier.clear();
    break;
  case 'release':
    armed();
    done.push(await tier.put('mine', entry('mine', 'child')));
    break;
  case 'burst':
    armed();
    for (let n = 0; n < 1_000_000; n++) await tier.put('mine', entry('mine', `${n}`));
    break;
  case 'alone': {
    armed();
    const write = { key: 'mine', entry: entry('mine', 'child') };
    done.push((await tier.marks.writeAlone([write], { after: 0, timeoutMs: 60_000 })) !== undefined);
    break;
  }
  case 'unmark': {
    let asked = 0;
    armed();
    // Wanted when it is first asked for only, as if others had written meanwhile.
    done.push(...(await tier.marks.putIf([entry('k0', 'child')], () => asked++ === 0))!, asked > 1);
    break;
  }
  case 'update':
    armed();
    done.push((await tier.update('k0', (found) => found.with({ failureCount: found.failureCount + 1 }))) !== undefined);
    break;
  case 'loop':
    // Two writes in quick succession keep the lock across the stop.
    while (!fs.existsSync(`${directory}/shard_00.jsonl.lock`)) await tier.put('mine', entry('mine', 'before'));
    say('ready');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(at));
    done.push(await tier.put('k0', entry('k0', 'after the stop')));
    break;
  case 'reshard': {
    await tier.close();
    armed();
    const other = open(3);
    await other.open();
    await other.close();
    break;
  }
}
await tier.close();
say(JSON.stringify({ done, failures: tier.failureCount }));
