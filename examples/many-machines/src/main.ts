import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Order } from './order.ts';

// Three processes over one server. REDIS_URL says where it is; by default on this machine.
const url = process.env['REDIS_URL'] ?? 'redis://127.0.0.1:6379';
const NAMES = ['Anna', 'Ben', 'Cleo'] as const;
const machines = new Map<string, ChildProcess>();

for (const name of NAMES) {
  const machine = fork(new URL('machine-child.ts', import.meta.url), [name, url]);
  machines.set(name, machine);
  await once(machine, 'message');
}

/** Tells one of them to do something, and prints what it says. */
async function tell(name: string, order: Order): Promise<void> {
  const machine = machines.get(name)!;
  const answer = once(machine, 'message');
  machine.send(order);
  console.log(`${name.padEnd(5)}${(await answer)[0]}`);
}

/** What was changed is on its way to the others: a moment, and at most the bound that the tier's README states. */
const aMoment = () => sleep(200);

console.log('Anna stores a proxy; the others read it from the server, and then from their own memory:');
await tell('Anna', { does: 'put', key: 'proxy', source: 'the first list' });
await aMoment();
for (const name of [...NAMES, ...NAMES]) await tell(name, { does: 'look', key: 'proxy' });

console.log('\nBen replaces it; nobody reads the old one from memory:');
await tell('Ben', { does: 'put', key: 'proxy', source: 'the second list' });
await aMoment();
for (const name of NAMES) await tell(name, { does: 'look', key: 'proxy' });

console.log('\nCleo deletes it:');
await tell('Cleo', { does: 'delete', key: 'proxy' });
await aMoment();
for (const name of NAMES) await tell(name, { does: 'look', key: 'proxy' });

console.log('\nAll want the same one at once, and one of them loads it:');
await Promise.all(NAMES.map((name) => tell(name, { does: 'load', key: 'wanted' })));

await tell('Anna', { does: 'delete', key: 'wanted' });
for (const machine of machines.values()) machine.disconnect();
