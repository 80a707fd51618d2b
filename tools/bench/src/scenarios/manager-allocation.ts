import { atMost } from '../figures/goal.ts';
import type { Measurement, Role } from '../figures/measurement.ts';
import type { Scenario } from '../run/scenario.ts';
import { accessed } from '../samples/accessed.ts';
import { sampleEntries } from '../samples/sample-record.ts';
import { openFilledStack } from '../set-ups/our-stack.ts';

const COUNT = 1000;
/** Few enough that their allocations fit the smallest young generation, so that nothing is collected meanwhile. */
const CALLS = 250;
const SAMPLES = 51;
const SNAPSHOT = 'a snapshot and a promise';

interface Subject {
  readonly name: string;
  readonly role: Role;
  readonly call: (i: number) => Promise<unknown>;
}

export const managerAllocation: Scenario = {
  name: 'manager-allocation',
  about: 'Bytes that an L1 hit through the manager allocates, compared with a new snapshot of the entry in a promise.',
  goals: [atMost('manager.get', 1.05, SNAPSHOT)],
  measure: async (context) => {
    const entries = sampleEntries(COUNT);
    const cache = await openFilledStack(context, entries);
    const keys = entries.map(({ key }) => key);
    const map = new Map(entries.map((entry) => [entry.key, entry]));
    const snapshot = async (key: string) => accessed(map.get(key)!, Date.now());
    const subjects: Subject[] = [
      { name: 'manager.get', role: 'ours', call: (i) => cache.get(keys[i % COUNT]!) },
      { name: SNAPSHOT, role: 'floor', call: (i) => snapshot(keys[i % COUNT]!) },
    ];
    for (const { call } of subjects) for (let i = 0; i < (context.quick ? 5000 : 20_000); i++) await call(i);
    // Sequentially, because they share the heap.
    const measured: Measurement[] = [];
    for (const subject of subjects) measured.push(await measureBytes(subject));
    return measured;
  },
};

async function measureBytes({ name, role, call }: Subject): Promise<Measurement> {
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < CALLS; i++) await call(i);
    samples.push((process.memoryUsage().heapUsed - before) / CALLS);
  }
  return { name, role, unit: 'bytes', samples };
}
