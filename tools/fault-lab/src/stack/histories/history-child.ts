import { flushCompileCache } from 'node:module';
import { inspect } from 'node:util';
import { askManager, type StageTier } from '@pw/agreement-model';
import { CacheManager } from '@pw/cache-manager';
import { CacheEntry, type CacheTier } from '@pw/cache-models';
import { MemoryCacheTier } from '@pw/tier-memory';
import { type ChildEvent, type Command, type HistoryStack, type Message, type Reply, START } from './child-messages.ts';
import { gatedTier } from './gated-tier.ts';
import { ManualTimers } from './manual-timers.ts';
import { plantInBase, plantInMiddle } from './planted-bugs.ts';
import { type Operation, PlantedOutage, StepGate } from './step-gate.ts';
import { baseOf, middleOf } from './stores.ts';

// A process of a history: has one cache at a time, and does what its parent says, a step at a time, until it is killed.
const NEVER = 1_000_000;
const timers = new ManualTimers();
const down = new Set<StageTier>();
const operations = new Map<number, Operation>();
let now = 0;
let skew = 0;
let events: ChildEvent[] = [];
const clock = { now: () => START + now + skew };
const gate = new StepGate(down, ({ name }, step) => events.push({ at: ++now, step: `${name}: ${step}` }));

interface Opened {
  readonly manager: CacheManager;
  readonly memory: MemoryCacheTier;
  close(): Promise<void>;
}
let opened: Opened | undefined;

async function open(stack: HistoryStack): Promise<Opened> {
  const options = { clock, failureThreshold: NEVER };
  const memory = new MemoryCacheTier({ clock });
  const middle = middleOf(stack, options);
  const base = baseOf(stack, options);
  for (const tier of [middle, base]) reportFaults(tier);
  const manager = await CacheManager.open({
    tiers: [
      { name: 'l1', tier: memory },
      { name: 'l2', tier: gatedTier(plantInMiddle(middle, stack.bug), 'middle', gate) },
      { name: 'l3', tier: gatedTier(plantInBase(base, stack.bug), 'base', gate) },
    ],
    clock,
    maxStalenessMs: 0,
    healthCheckInvalidation: false,
    tierTimeoutMs: 1e9,
  });
  const close = async () => {
    await middle.close();
    base.close();
  };
  return { manager, memory, close };
}

/** A fault that was not planted would look like a miss. */
function reportFaults(tier: CacheTier): void {
  const handleFailure = tier.handleFailure.bind(tier);
  tier.handleFailure = (error) => {
    if (!(error instanceof PlantedOutage))
      events.push({ at: now, failed: `a fault of ${tier.name}: ${inspect(error)}` });
    handleFailure(error);
  };
}

/** Ends without a word to the manager, as a kill would, but leaves nothing open in this process. */
async function leave(): Promise<void> {
  timers.clear();
  operations.clear();
  await opened?.close();
  opened = undefined;
  // By now, what a history needs has been compiled; a process that is killed stores nothing.
  flushCompileCache();
}

const isDegraded = () => opened?.manager.getStatistics().tiers.some(({ degraded }) => degraded) === true;

function begin({ operation: number, request, steps, put }: Command & { do: 'begin' }): void {
  const { manager } = opened!;
  const { kind, key = '', by } = request;
  const operation: Operation = { number, name: `P${by} ${kind} ${key}`, steps, resume: undefined, sawFail: false };
  operations.set(number, operation);
  const entry =
    put &&
    CacheEntry.restore({
      ...CacheEntry.create({ key, proxyUrl: 'http://h.example:80', source: put.id, fetchTime: START }).toFields(),
      expiresAt: START + put.expires,
    });
  void gate.run(operation, () =>
    askManager(manager, request, entry).then(
      (answer) => {
        if (opened?.manager !== manager) return;
        operations.delete(number);
        events.push({ at: now++, operation: number, answer, sawFail: operation.sawFail, isDegraded: isDegraded() });
      },
      (error: unknown) => events.push({ at: now, failed: `${kind} rejected: ${String(error)}` }),
    ),
  );
}

async function list(keys: readonly string[]): Promise<Reply['listed']> {
  const { manager } = opened!;
  const has: string[] = [];
  for (const key of keys) if (await manager.has(key)) has.push(key);
  return { keys: await manager.keys(), has };
}

async function act(command: Command): Promise<Reply['listed']> {
  if (command.do === 'open') opened = await open(command.stack);
  else if (command.do === 'begin') begin(command);
  else if (command.do === 'go') {
    const operation = operations.get(command.operation)!;
    operation.steps = command.steps;
    operation.resume!();
  } else if (command.do === 'list') return list(command.keys);
  else if (command.do === 'evict') opened!.memory.deleteMany(command.keys);
  else if (command.do === 'advance') await timers.advance(1_000, () => gate.isStill());
  else if (command.do === 'cleanup') await opened!.manager.cleanupExpired();
  else {
    if (command.do === 'close') await opened!.manager.close();
    await leave();
  }
  return undefined;
}

async function answer(message: Message): Promise<void> {
  ({ now, skew } = message);
  down.clear();
  for (const tier of message.down) down.add(tier);
  events = [];
  const listed = await act(message);
  await gate.isStill();
  const waiting = [...operations.values()].filter(({ resume }) => resume !== undefined).map(({ number }) => number);
  process.send!({ now, events, waiting, isDegraded: isDegraded(), listed } satisfies Reply);
}

process.on('message', (message) => void answer(message as Message));
process.on('disconnect', () => process.exit());
process.send!('ready');
