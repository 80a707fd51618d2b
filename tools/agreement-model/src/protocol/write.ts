import { FAIL, type Steps } from '../world/call.ts';
import { EVERYTHING, PER_STEP, type StoredRecord } from '../world/record.ts';
import {
  clearMiddle,
  dropFromMiddle,
  dropUnmarked,
  LEAP,
  type Outcome,
  putIntoMiddle,
  type Write,
  writeAlone,
} from './into-middle.ts';
import { pollIfDue, readMarks } from './poll.ts';
import { replayKey } from './replay-key.ts';
import { noted, raise, type State, type View } from './state.ts';

/** A put, a removal (`null`) or a clear: the base first, then the middles, memory last. */
export function* write(state: State, key: string, record: StoredRecord | null): Steps<boolean> {
  const hasPolled = yield* pollIfDue(state);
  if (!hasPolled && state.has('fresh-marks')) for (const view of state.views) yield* readMarks(state, view);
  if (state.views.some(({ isDoubtful }) => isDoubtful)) leap(state);
  return yield* state.exclusively(key, () => writeLocked(state, key, record));
}

function* writeLocked(state: State, key: string, record: StoredRecord | null): Steps<boolean> {
  if (state.has('replay-first'))
    for (const view of state.views) if (state.isMarked(view, key)) yield* replayFirst(state, view, key);
  if (!state.has('memory-last') && record !== null) state.memory.set(key, record);
  const label = `${record === null ? 'delete' : 'put'} ${key} ${record?.id ?? ''}`;
  const made = yield* state.inBase(label, () => {
    const { base } = state.around;
    return { ver: base.write(key, record, state.clock, state.after), base: base.id };
  });
  if (made === FAIL) return yield* alone(state, key, record);
  const { ver } = made;
  const stamped = record && { ...record, ver };
  noteWrite(state, key, ver);
  let isOutdone = false;
  for (const view of state.views) {
    const outcome = yield* intoMiddle(state, view, key, { ...made, record: stamped });
    if (outcome === 'lost') {
      state.memory.delete(key);
      return false;
    }
    if (outcome === true) noteRight(view, key, ver);
    if (outcome === 'older') isOutdone = true;
  }
  toMemory(state, key, isOutdone ? null : stamped);
  return true;
}

function* replayFirst(state: State, view: View, key: string): Steps<void> {
  const done = key === EVERYTHING ? FAIL : yield* replayKey(state, view, key);
  if (done === FAIL && !view.isKnown) leap(state);
}

/** Nothing says which versions a middle has given: ours is to be above them, wherever they were given. */
function leap(state: State): void {
  if (state.has('unread-leap')) state.hear((state.clock + 2 * LEAP) * PER_STEP);
}

function intoMiddle(state: State, view: View, key: string, made: Write): Steps<Outcome> {
  const { record } = made;
  if (record !== null) return putIntoMiddle(state, view, key, { ...made, record }, true);
  return key === EVERYTHING ? clearMiddle(state, view, made) : dropFromMiddle(state, view, key, made);
}

/** The base does not answer, and has done nothing: the first middle that works keeps the write, with a mark. */
function* alone(state: State, key: string, record: StoredRecord | null): Steps<boolean> {
  const [first, ...others] = state.views;
  if (first === undefined) return false;
  const ver = yield* writeAlone(state, first, key, record);
  state.memory.delete(key);
  if (ver === FAIL) return false;
  state.hear(ver);
  const removal = record === null ? ver : (first.marks.get(key)?.removal ?? 0);
  first.marks = new Map(first.marks).set(key, { removal, given: ver });
  for (const view of others) {
    const done = yield* dropUnmarked(state, view, key, ver);
    if (done === FAIL) raise(view.behind, key, ver);
  }
  toMemory(state, key, record && { ...record, ver });
  return true;
}

export function noteWrite(state: State, key: string, ver: number): void {
  state.hear(ver);
  for (const view of state.views) raise(view.behind, key, ver);
}

/** The middle has, of this key, nothing that is older. */
export function noteRight(view: View, key: string, ver: number): void {
  raise(view.right, key, ver);
  if (noted(view.behind, key) <= ver) view.behind.delete(key);
}

function toMemory(state: State, key: string, record: StoredRecord | null): void {
  if (record !== null) state.memory.set(key, record);
  else if (key === EVERYTHING) state.memory.clear();
  else state.memory.delete(key);
}
