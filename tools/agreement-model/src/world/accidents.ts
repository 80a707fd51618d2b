import type { Action } from './action.ts';
import type { Middle } from './middle.ts';
import { EVERYTHING, type StoredRecord } from './record.ts';
import { ALL, type Running, type Thread, type World } from './world.ts';

/** What happens to tiers, clocks and deadlines. */
export function accident(world: World, action: Action, proc: Running | undefined): void {
  if (action.a === 'pass') world.now += action.n;
  else if (action.a === 'take over') takeOver(world);
  else if (action.a === 'lose base') loseBase(world);
  else if (action.a === 'forget tiers') forgetTiers(world);
  else if (action.a === 'down' || action.a === 'up') outage(world, action.tier, action.a);
  else if (proc !== undefined) accidentOf(world, action, proc);
}

function accidentOf(world: World, action: Action, proc: Running): void {
  if (action.a === 'skew') {
    world.say(() => `P${proc.id}'s clock: ${action.by}`);
    proc.skew = action.by;
  } else if (action.a === 'timeout') timeOut(world, proc, action.i);
  else if (action.a === 'evict memory') proc.manager?.evict(action.key);
  else if (action.a === 'evict middle') for (const middle of proc.middles) evictMiddle(world, middle, action.key);
  else if (action.a === 'evict base') evictBase(world, action.key);
  else if (action.a === 'foreign') foreign(world, action.tier === 'base' ? undefined : proc.middles[0], action.key);
}

function outage(world: World, tier: string, what: 'down' | 'up'): void {
  world.say(() => `${tier} is ${what}`);
  if (tier !== 'base') world.history.blur();
  if (what === 'down') world.down.add(tier);
  else world.down.delete(tier);
}

function timeOut(world: World, proc: Running, i: number): void {
  const waiting = proc.threads.filter(({ isLate }) => !isLate);
  const thread = waiting[i % Math.max(1, waiting.length)];
  if (thread === undefined || thread.call.tier === 'me') return;
  if (thread.call.tier !== 'base' || world.config.baseTimeouts) world.giveUp(proc, thread);
}

export function takeOver(world: World): void {
  for (const middle of world.middles) if (middle.holder && world.isGone(middle.holder)) middle.holder = null;
}

export function evictMiddle(world: World, middle: Middle, key: string): void {
  if (middle.holder !== null) return;
  const record = middle.recs.get(key);
  const isMarked = middle.markOf(key) !== undefined && !world.config.without.has('marked-stay');
  if (record === undefined || record.ver === 0 || isMarked) return;
  world.say(() => `${middle.name} evicts ${key} (${record.id})`);
  // The last copy, and nobody can know yet that the base was lost.
  const isLast =
    isUnknown(world, middle) && middle.unknownTo !== world.base.id && world.base.versionOf(key) !== record.ver;
  if (isLast) world.history.happened('set', key, world.now, true, null);
  middle.recs.delete(key);
}

/** The base makes room: a removal that nobody asked for, with a row in the log. */
function evictBase(world: World, key: string): void {
  const { base, history } = world;
  if (base.versionOf(key) === 0) return;
  // What a middle has alone, and what is on its way, comes after the eviction or before it.
  const isOptional =
    world.middles.some(
      (middle) => middle.markOf(key) !== undefined || isUnknown(world, middle) || middle.recs.get(key)?.ver === 0,
    ) || world.procs.some(({ threads }) => threads.length > 0);
  world.now++;
  world.say(() => `base evicts ${key} (${base.rows.get(key)?.id})`);
  base.write(key, null, world.now, 0);
  history.happened('del', key, world.now, isOptional, null);
}

/** A program that knows no versions writes to one tier. */
function foreign(world: World, middle: Middle | undefined, key: string): void {
  if (middle !== undefined && middle.holder !== null) return;
  const { base, history } = world;
  const id = world.newId(`f${key}`);
  const record: StoredRecord = { id, fails: 0, exp: ALL, ver: 0 };
  const isOptional = isAmbiguous(world, middle, key);
  history.noteLife(id, ALL);
  world.now++;
  world.say(() => `another program writes ${key} = ${id} to ${middle?.name ?? 'base'} alone`);
  if (middle !== undefined) middle.put(key, record);
  else base.rows.set(key, record);
  history.happened('put', key, world.now, isOptional, record);
}

/** Which came first cannot be told while a write of ours has not reached every tier. */
function isAmbiguous(world: World, middle: Middle | undefined, key: string): boolean {
  const { base } = world;
  const names = middle === undefined ? world.middles : [middle];
  if (names.some((one) => one.markOf(key) !== undefined || isUnknown(world, one) || world.down.has(one.name)))
    return true;
  // A clear is several removals; what is under way may have read what the foreign record replaces.
  const isCrossed = ({ request: { kind, key: own } }: Thread) => kind === 'clear' || (kind !== 'get' && own === key);
  if (world.procs.some(({ threads }) => threads.some(isCrossed))) return true;
  if (middle === undefined) return world.middles.some((one) => one.recs.get(key)?.ver === 0);
  return base.isOpen(key, middle.name) || base.rows.get(key)?.ver === 0;
}

function isUnknown(world: World, middle: Middle): boolean {
  return !world.base.cursors.has(middle.name);
}

/**
 * The base is replaced by an empty one while every middle works. What a middle had of a key comes back; where that is
 * not what the base had, the key then holds that or nothing.
 */
function loseBase(world: World): void {
  const isUnderWay = world.procs.some(({ threads }) => threads.some(({ isLate }) => isLate));
  if (world.down.size > 0 || isUnderWay || world.config.twoStacks) return;
  world.now++;
  world.say(() => 'the base is lost, and replaced by an empty one');
  const { base, history } = world;
  history.blur();
  for (const key of world.config.keys) {
    const found = world.middles.map((middle) => middle.recs.get(key)).filter((one) => one !== undefined);
    const isNewer = world.middles.some((middle) => {
      const isMarked = middle.marks.has(key) || (middle.marks.get(EVERYTHING)?.removal ?? 0) > 0;
      return isMarked && middle.versionOf(key) > base.newestVersionOf(key);
    });
    const isSame = found.length > 0 && found.every(({ ver }) => ver === base.versionOf(key) && ver > 0);
    if (isSame || (isNewer && found.length < 2)) continue;
    for (const one of found) history.happened('set', key, world.now, true, one);
    history.happened('set', key, world.now, true, null);
  }
  world.replaceBase();
}

/** A tier has been away for so long that the base no longer waits for it. */
function forgetTiers(world: World): void {
  world.say(() => 'the base forgets the tiers above it');
  // From then on its own records count as newer than those without a version.
  world.history.blur();
  for (const middle of world.middles) world.base.forgetTier(middle.name);
}
