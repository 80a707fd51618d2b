import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MachineCommand } from './machine-command.ts';

// Three processes share one server, at REDIS_URL or on this machine.
const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const NAMES = ['Anna', 'Ben', 'Cleo'] as const;
const machines = new Map<string, ChildProcess>();

for (const name of NAMES) {
  const machine = fork(new URL('machine-child.ts', import.meta.url), [name, url]);
  machines.set(name, machine);
  await once(machine, 'message');
}

/** Sends a command to a process, and prints the result. */
async function run(name: string, command: MachineCommand): Promise<void> {
  const machine = machines.get(name)!;
  const result = once(machine, 'message');
  machine.send(command);
  console.log(`${name.padEnd(5)}${(await result)[0]}`);
}

/** Waits until the other processes have been notified of a change. The tier's README states the guaranteed bound. */
const changeArrives = () => sleep(200);

console.log('Anna stores a proxy; the others read it from the server, then from their own memory:');
await run('Anna', { operation: 'put', key: 'proxy', source: 'the first list' });
await changeArrives();
for (const name of [...NAMES, ...NAMES]) await run(name, { operation: 'lookup', key: 'proxy' });

console.log('\nBen replaces it; no process reads the old one from memory:');
await run('Ben', { operation: 'put', key: 'proxy', source: 'the second list' });
await changeArrives();
for (const name of NAMES) await run(name, { operation: 'lookup', key: 'proxy' });

console.log('\nCleo deletes it:');
await run('Cleo', { operation: 'delete', key: 'proxy' });
await changeArrives();
for (const name of NAMES) await run(name, { operation: 'lookup', key: 'proxy' });

console.log('\nAll request the same entry at the same time, and one of them loads it:');
await Promise.all(NAMES.map((name) => run(name, { operation: 'load', key: 'wanted' })));

await run('Anna', { operation: 'delete', key: 'wanted' });
for (const machine of machines.values()) machine.disconnect();
