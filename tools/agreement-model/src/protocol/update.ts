import { FAIL, type Fail, type Steps } from '../world/call.ts';
import { isLive, type StoredRecord } from '../world/record.ts';
import { adoptLocked } from './foreign.ts';
import { pollIfDue, readMarks } from './poll.ts';
import { replayKey, replayLocked } from './replay-key.ts';
import type { State, View } from './state.ts';
import { noteRight, noteWrite } from './write.ts';

export type Updated = StoredRecord | null | 'undone';

/** Reads and changes the record of the base as one transaction, under the lock of the first middle that works. */
export function* update(state: State, key: string): Steps<Updated> {
  const hasPolled = yield* pollIfDue(state);
  if (!hasPolled && state.has('fresh-marks')) for (const view of state.views) yield* readMarks(state, view);
  return yield* state.exclusively(key, () => updateExclusively(state, key));
}

function* updateExclusively(state: State, key: string): Steps<Updated> {
  if (!state.has('update-locked')) return yield* inBaseAlone(state, key);
  const [first, ...others] = state.views;
  if (first === undefined) return yield* inBaseAlone(state, key);
  for (const view of others)
    if (state.isMarked(view, key) && (yield* replayKey(state, view, key)) === FAIL) return 'undone';
  const baseId = state.baseId;
  let isGivenUp = false;
  let result: Updated | undefined;
  const done = yield* state.underLock(first, `update ${key}`, function* (): Steps<Updated> {
    const found = yield* readyToUpdate(state, first, key);
    if (found !== true) return 'undone';
    // After the deadline the base may have been updated without the middle: never twice.
    const updated = yield* inBase(state, key, () => {
      if (state.has('base-id') && state.baseId !== baseId) return false;
      return !isGivenUp || !state.has('update-in-time');
    });
    result = updated;
    if (typeof updated === 'string' || updated === null) return updated;
    const kept = yield* state.inMiddle(first, `put ${key} ${updated.id} v${updated.ver}`, () => {
      first.store.put(key, updated);
      first.store.marks.delete(key);
      return true;
    });
    if (kept !== FAIL) noteRight(first, key, updated.ver);
    return updated;
  });
  if (done !== FAIL) return done;
  isGivenUp = true;
  if (result !== undefined) return result;
  // Nobody writes to the middle alone while it does not answer; what was written there before must be known to be
  // nothing.
  if (state.views.some((view) => !view.isRead || state.isMarked(view, key))) return 'undone';
  return yield* inBaseAlone(state, key);
}

/** What another program wrote, and what the base misses, comes first. */
function* readyToUpdate(state: State, view: View, key: string): Steps<true | Fail> {
  if ((yield* adoptLocked(state, view, key)) === FAIL) return FAIL;
  return state.has('update-replays') ? yield* replayLocked(state, view, key) : true;
}

function* inBaseAlone(state: State, key: string): Steps<Updated> {
  return yield* inBase(state, key, () => true);
}

function* inBase(state: State, key: string, isWanted: () => boolean): Steps<StoredRecord | null | 'undone'> {
  const updated = yield* state.inBase(`update ${key}`, () => {
    const { base } = state.around;
    if (!isWanted()) return 'undone';
    base.adopt(state.clock, state.after);
    const found = base.rows.get(key);
    if (!isLive(found, state.now)) return null;
    const record = { ...found, fails: found.fails + 1 };
    return { ...record, ver: base.write(key, record, state.clock, state.after) };
  });
  if (updated === FAIL || updated === 'undone') return 'undone';
  if (updated === null) return null;
  noteWrite(state, key, updated.ver);
  state.memory.set(key, updated);
  return updated;
}
