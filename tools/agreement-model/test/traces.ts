import type { Rule } from '../src/protocol/rules.ts';
import type { Action } from '../src/world/action.ts';

/** A history that the protocol survives, and that fails without a rule. */
export interface Trace {
  readonly name: string;
  readonly rule: Rule;
  readonly actions: readonly Action[];
  readonly lag?: number;
  /** Rules that are left out in any case. */
  readonly besides?: readonly Rule[];
  /** The base never fails, so an update may go past a middle. */
  readonly isBaseSafe?: boolean;
}

type Operation = (Action & { a: 'do' })['op'];

/** A process begins an operation, and takes `n` steps of it; all if absent. */
const act = (p: number, op: Operation, key = 'a', n?: number): Action => ({ a: 'do', p, op, key, n });
const go = (p: number, n = 1000, i = 0): Action => ({ a: 'go', p, i, n });
const late = (p: number): Action => ({ a: 'late', p, n: 1000 });
const kill = (p: number): Action => ({ a: 'kill', p });
const timeout = (p: number, i = 0): Action => ({ a: 'timeout', p, i });
const down = (tier = 'base'): Action => ({ a: 'down', tier });
const up = (tier = 'base'): Action => ({ a: 'up', tier });
const foreign = (tier: 'middle' | 'base', key = 'a'): Action => ({ a: 'foreign', p: 0, key, tier });
const evict = (from: 'memory' | 'middle' | 'base', p = 0, key = 'a'): Action => ({ a: `evict ${from}`, p, key });
const skew = (p: number, by: number): Action => ({ a: 'skew', p, by });

const loseBase: Action = { a: 'lose base' };
const forgetTiers: Action = { a: 'forget tiers' };
const takeOver: Action = { a: 'take over' };

export const TRACES: readonly Trace[] = [
  {
    name: 'memory first: a value that was read is gone with the kill',
    rule: 'memory-last',
    actions: [act(0, 'put', 'a', 3), act(0, 'get'), kill(0)],
  },
  {
    name: 'a middle takes a record after a newer write',
    rule: 'guard',
    actions: [act(0, 'put', 'a', 4), act(1, 'update'), act(1, 'agree'), go(0)],
  },
  {
    name: 'an acknowledged put that only the lost base had',
    rule: 'lost-base',
    actions: [act(2, 'put', 'b'), act(0, 'update', 'b', 7), act(0, 'get', 'b'), act(1, 'put', 'b'), loseBase],
  },
  {
    name: 'a write made alone, below one that was committed before and reaches the middle later',
    rule: 'late-loses',
    actions: [act(1, 'get', 'b'), act(0, 'put', 'a', 4), act(1, 'get'), down(), act(1, 'put'), up(), go(0)],
  },
  {
    name: 'a promotion over a write made alone',
    rule: 'marked-promotion',
    actions: [
      act(0, 'put'),
      act(1, 'get', 'b'),
      evict('middle'),
      evict('memory'),
      act(0, 'get', 'a', 5),
      down(),
      act(1, 'put'),
      up(),
      go(0),
    ],
  },
  {
    name: 'a promotion over what another program wrote meanwhile',
    rule: 'kept-foreign',
    actions: [
      act(0, 'put'),
      act(0, 'agree'),
      evict('middle'),
      evict('memory'),
      act(0, 'get', 'a', 5),
      foreign('middle'),
      go(0),
    ],
  },
  {
    name: 'a removal that the base missed, and that nobody knows of',
    rule: 'marks',
    actions: [act(0, 'put'), down(), act(0, 'del'), up()],
  },
  {
    name: 'a marked record is evicted',
    rule: 'marked-stay',
    actions: [act(0, 'put'), down(), act(0, 'put'), evict('middle'), up()],
  },
  {
    name: 'a clock set back over a restart while the base is off',
    rule: 'leap',
    actions: [act(0, 'put', 'a', 4), skew(0, -60), kill(0), down(), act(0, 'put'), up()],
  },
  {
    name: 'a put that has heard of nothing',
    rule: 'after',
    actions: [down(), act(0, 'put'), act(0, 'put', 'a', 6), up(), go(0)],
  },
  {
    name: 'a put that has not read the mark of an earlier one',
    rule: 'fresh-marks',
    lag: 40,
    actions: [act(0, 'get', 'b'), act(1, 'get', 'b'), down(), act(1, 'put'), up(), act(0, 'put')],
  },
  {
    name: 'a put that has heard of a mark, but not of its version',
    rule: 'marks-heard',
    actions: [
      act(0, 'get', 'b'),
      act(1, 'get', 'b'),
      down(),
      act(1, 'put', 'b'),
      act(1, 'put', 'a', 6),
      act(0, 'put', 'b', 4),
      timeout(0),
      up(),
      go(0, 1),
      go(1),
      go(0),
    ],
  },
  {
    name: 'a write that cannot read the mark which it must follow',
    rule: 'unread-leap',
    actions: [down(), act(0, 'put', 'b'), act(1, 'del'), act(0, 'put', 'a', 1), timeout(0), up(), go(0)],
  },
  {
    name: 'a put over a record of a middle that its base does not know',
    rule: 'replay-first',
    actions: [skew(0, 60), act(1, 'get', 'b'), act(0, 'put'), loseBase, act(1, 'put')],
  },
  {
    name: 'a replayed write whose row is below its version in the log',
    rule: 'replay-above',
    actions: [act(1, 'get', 'b'), down(), act(0, 'put'), up(), act(0, 'recover'), act(1, 'put')],
  },
  {
    name: 'killed between base and middle: two answers',
    rule: 'behind',
    actions: [act(0, 'put'), act(0, 'put', 'a', 4), kill(0)],
  },
  {
    name: 'the base was not read since the start, and the middle is believed',
    rule: 'knows',
    actions: [act(0, 'put'), act(0, 'put', 'a', 4), timeout(0), kill(0), takeOver, down(), act(0, 'get')],
  },
  {
    name: 'the base has removed a record, and does not know the middle that still has it',
    rule: 'tombs',
    actions: [act(1, 'put'), evict('base', 1), forgetTiers],
  },
  {
    name: 'a record that was removed after the marks were read',
    rule: 'marks-again',
    actions: [act(2, 'put'), down(), act(1, 'put'), act(1, 'get', 'a', 3), act(0, 'clear'), up(), go(1)],
  },
  {
    name: 'a copy that became old on its way to memory',
    rule: 'doom',
    actions: [act(0, 'put', 'a', 6), evict('base'), act(0, 'get', 'b'), go(0)],
  },
  {
    name: 'rows of the log are pruned unread',
    rule: 'empty-on-prune',
    besides: ['tail'],
    actions: [
      act(0, 'put'),
      act(1, 'get'),
      act(0, 'put'),
      ...Array.from({ length: 4 }, () => act(0, 'put', 'b')),
      act(0, 'agree'),
      act(1, 'get'),
    ],
  },
  {
    name: 'a copy in memory of a key that is marked',
    rule: 'marked-memory',
    actions: [act(0, 'put'), act(1, 'get'), evict('middle'), down(), act(0, 'del'), up(), act(1, 'get')],
  },
  {
    name: 'two adopt one foreign record, a put in between',
    rule: 'adopt-locked',
    actions: [
      act(0, 'get', 'b'),
      act(1, 'get', 'b'),
      foreign('middle'),
      act(0, 'get', 'a', 4),
      act(1, 'get'),
      act(1, 'agree'),
      act(1, 'put'),
      act(1, 'agree'),
      go(0),
    ],
  },
  {
    name: 'an update of the base beside a write made alone',
    rule: 'update-locked',
    actions: [act(0, 'put'), act(1, 'get', 'b'), down(), act(0, 'put'), up(), act(1, 'update')],
  },
  {
    name: 'an update of the base, which misses a write',
    rule: 'update-replays',
    actions: [act(0, 'put'), act(1, 'get'), down(), act(0, 'put'), up(), act(1, 'update')],
  },
  {
    name: 'an update goes past a middle, which then makes it again',
    rule: 'update-in-time',
    isBaseSafe: true,
    actions: [act(1, 'get', 'b'), act(0, 'put'), act(1, 'update', 'a', 5), timeout(1), go(1), late(1)],
  },
  {
    name: 'the cursor moves while a promotion is on its way',
    rule: 'agree-locked',
    actions: [
      act(0, 'put'),
      evict('middle'),
      evict('memory'),
      act(0, 'get', 'a', 7),
      act(1, 'put', 'a', 4),
      kill(1),
      act(2, 'agree'),
      go(0),
      go(2),
    ],
  },
  {
    name: 'the base is lost, and never filled again',
    rule: 'unknown',
    actions: [act(0, 'put'), loseBase, act(0, 'get', 'b'), act(0, 'recover'), evict('middle')],
  },
  {
    name: 'the base was lost, and the middle evicts the last copy',
    rule: 'mark-all',
    actions: [act(0, 'put'), loseBase, act(0, 'get', 'b'), evict('middle')],
  },
  {
    name: 'a write after its key was replayed, and killed before it reaches the middle',
    rule: 'head-before',
    actions: [
      act(0, 'put'),
      act(1, 'get'),
      loseBase,
      act(0, 'get', 'b'),
      act(1, 'get', 'b'),
      act(0, 'recover', 'a', 10),
      act(1, 'put', 'a', 8),
      kill(1),
      go(0),
    ],
  },
  {
    name: 'the base forgets a middle, and a removal',
    rule: 'pruned-removal',
    actions: [
      act(0, 'put'),
      act(0, 'agree'),
      evict('base'),
      ...Array.from({ length: 4 }, () => act(0, 'put', 'b')),
      forgetTiers,
    ],
  },
  {
    name: 'memory keeps what was lost with the base',
    rule: 'base-id',
    actions: [
      act(0, 'put'),
      act(1, 'get', 'b'),
      evict('middle'),
      loseBase,
      act(1, 'get'),
      act(1, 'recover'),
      act(0, 'get'),
    ],
  },
  {
    name: 'a clear removes the mark of a newer record',
    rule: 'clear-keeps',
    actions: [act(0, 'get', 'b'), act(1, 'get', 'b'), act(0, 'clear', 'a', 4), down(), act(1, 'put'), up(), go(0)],
  },
  {
    name: 'killed while it adopts, then updated, then adopted again',
    rule: 'adopt',
    isBaseSafe: true,
    actions: [act(0, 'get', 'b', 3), foreign('middle', 'b'), go(0, 4), kill(0), act(0, 'update', 'b')],
  },
  {
    name: 'a put that was given up, over what another program has written since',
    rule: 'withdrawn',
    actions: [act(0, 'get'), act(1, 'put', 'b', 4), act(0, 'agree'), timeout(1), foreign('middle', 'b'), late(1)],
  },
  {
    name: 'a removal made alone, below the record that it replaces',
    rule: 'alone-above',
    actions: [act(1, 'agree'), down(), skew(1, -28), act(1, 'del', 'a', 4), act(0, 'put'), go(1, 1), act(2, 'update')],
  },
];

/** Rules that no history was found to need, in 100,000 without each of them; why they are kept. */
export const NEVER_MISSED: Partial<Readonly<Record<Rule, string>>> = {
  'alone-in-time': 'such a write was not acknowledged, and can still happen; but nobody expects it to',
  'replay-heard': 'the mark said it before (`marks-heard`)',
  tail: '`marked-memory` and the log drop what is old; without `empty-on-prune` it is needed',
  'agree-adopts':
    'it cannot be known which was newer; an acknowledged write is preferred to a foreign one that may be older',
};
