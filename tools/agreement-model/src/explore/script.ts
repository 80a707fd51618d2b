import type { Action } from '../world/action.ts';
import type { WorldConfig } from '../world/world.ts';
import { Dice } from './random.ts';

/** What may go wrong, and what may be done, apart from reads, writes and updates. */
export const FAULTS = {
  kill: 'processes are killed, closed and started again; locks of the dead are taken over at some time',
  outage: 'one tier, the same throughout a history, fails and comes back',
  timeout: 'deadlines pass: a base has then done nothing; what a middle was asked for may happen later',
  skew: 'clocks differ by up to 60 steps, in both directions, and are set back',
  evict: 'copies are evicted from memory and from middles',
  'evict-base': 'the base evicts an entry, with a row in the log',
  foreign: 'another program writes to one tier alone',
  ttl: 'entries expire, and are cleaned up',
  clear: 'everything is removed',
  agree: 'cursors move, and the log is pruned',
  'lose-base': 'the base is replaced by an empty one while every middle works',
  forget: 'the base forgets the tiers above it, and prunes rows that they have not seen',
  outages: 'two tiers fail, at the same time or in turn (not promised)',
} as const;

export type Fault = keyof typeof FAULTS;

export function isFault(name: string): name is Fault {
  return Object.hasOwn(FAULTS, name);
}

/** Everything that the protocol is to survive. */
export const promisedFaults: readonly Fault[] = Object.keys(FAULTS)
  .filter(isFault)
  .filter((fault) => fault !== 'outages');

export interface ExploreConfig extends Omit<WorldConfig, 'baseTimeouts'> {
  readonly keys: readonly [string, ...string[]];
  readonly faults: readonly Fault[];
  /** How many processes; one to three if absent. */
  readonly procs?: number | undefined;
  /** The longest script has 8 more actions. */
  readonly length: number;
}

export interface Script {
  readonly actions: readonly Action[];
  readonly config: WorldConfig;
}

/** The script of a seed. Each has a few of the faults only: many at once hide one another. */
export function scriptOf(seed: number, explore: ExploreConfig): Script {
  const dice = new Dice(seed);
  const drawn = new Set(explore.faults.filter(() => dice.next() < 0.6));
  // Not promised: an empty base that forgets a tier before that tier has filled it again.
  if (drawn.has('lose-base')) drawn.delete('forget');
  const procs = explore.procs ?? 1 + dice.below(3);
  const failing = pickFailing(dice, explore);
  const scene = { dice, explore, procs, failing, has: (fault: Fault) => drawn.has(fault) };
  const length = 8 + dice.below(explore.length);
  const actions = Array.from({ length }, () => draw(scene));
  const baseTimeouts = failing.includes('base') && !explore.twoStacks;
  return { actions, config: { ...explore, baseTimeouts } };
}

interface Scene {
  readonly dice: Dice;
  readonly explore: ExploreConfig;
  readonly procs: number;
  readonly failing: readonly [string, ...string[]];
  has(fault: Fault): boolean;
}

function pickFailing(dice: Dice, { middles, faults }: ExploreConfig): [string, ...string[]] {
  const tiers: [string, ...string[]] = ['base', ...Array.from({ length: middles }, (_, i) => `middle ${i + 1}`)];
  return faults.includes('outages') ? tiers : [dice.of(tiers)];
}

function draw(scene: Scene): Action {
  const { dice, explore, procs, failing, has } = scene;
  const on = (fault: Fault, weight: number) => (has(fault) ? weight : 0);
  const a = dice.weighted({
    do: 50,
    go: 25,
    probe: 4,
    pass: 3,
    'evict memory': on('evict', 8),
    'evict middle': on('evict', 8),
    'evict base': on('evict-base', 4),
    kill: on('kill', 6),
    close: on('kill', 2),
    'take over': on('kill', 2),
    down: explore.twoStacks ? 0 : Math.max(on('outage', 4), on('outages', 4)),
    up: explore.twoStacks ? 0 : Math.max(on('outage', 4), on('outages', 4)),
    timeout: on('timeout', 8),
    late: on('timeout', 6),
    skew: on('skew', 3),
    foreign: on('foreign', 6),
    'lose base': on('lose-base', 2),
    'forget tiers': on('forget', 2),
  });
  const p = drawProcess(scene);
  const key = dice.of(explore.keys);
  if (a === 'do') return drawOperation(scene, p, key);
  if (a === 'go') return { a, p, i: dice.below(2), n: 1 + dice.below(4) };
  if (a === 'late') return { a, p, n: 1 + dice.below(4) };
  if (a === 'timeout') return { a, p, i: dice.below(2) };
  if (a === 'pass') return { a, n: 1 + dice.below(30) };
  if (a === 'down' || a === 'up') return { a, tier: dice.of(failing) };
  if (a === 'skew') return { a, p, by: dice.below(121) - 60 };
  if (a === 'foreign') return { a, p, key, tier: explore.twoStacks || dice.next() < 0.5 ? 'base' : 'middle' };
  if (a === 'evict memory' || a === 'evict middle' || a === 'evict base') return { a, p, key };
  if (a === 'kill' || a === 'close' || a === 'probe') return { a, p };
  return { a };

  function drawProcess({ explore: { twoStacks } }: Scene): number {
    const one = dice.below(procs);
    return one === 1 && twoStacks ? 2 : one;
  }
}

function drawOperation({ dice, has }: Scene, p: number, key: string): Action {
  const mayMiss = has('outage') || has('outages') || has('timeout') || has('lose-base') || has('forget');
  const op = dice.weighted({
    put: 30,
    get: 40,
    del: 12,
    update: 14,
    clear: has('clear') ? 4 : 0,
    agree: has('agree') ? 14 : 0,
    recover: mayMiss ? 8 : 0,
    cleanup: has('ttl') ? 5 : 0,
  });
  const ttl = has('ttl') && dice.next() < 0.4 ? 5 + dice.below(40) : undefined;
  const n = dice.next() < 0.5 ? undefined : dice.below(8);
  return {
    a: 'do',
    p,
    op,
    key,
    ...(op === 'put' && ttl !== undefined ? { ttl } : {}),
    ...(n === undefined ? {} : { n }),
  };
}
