import { FAIL, type Fail, type Steps } from '../world/call.ts';
import type { StoredRecord } from '../world/record.ts';
import type { State, View } from './state.ts';

/**
 * Gives the base what it may miss of a key. For work that holds the key. `isUnknown`: the base does not know the
 * middle.
 */
export function* replayKey(state: State, view: View, key: string, isUnknown = false): Steps<true | Fail> {
  return yield* state.underLock(view, `replay ${key}`, () => replayLocked(state, view, key, isUnknown));
}

/** The same for work that also holds the lock of the middle, so that record and mark stay as they are. */
export function* replayLocked(state: State, view: View, key: string, isUnknown = false): Steps<true | Fail> {
  const { store } = view;
  const found = yield* state.inMiddle(view, `mark of ${key}`, () => ({
    record: store.recs.get(key),
    mark: store.markOf(key),
    isOwn: store.marks.has(key),
  }));
  if (found === FAIL) return FAIL;
  const { record, isOwn } = found;
  const removal = found.mark?.removal ?? 0;
  if (found.mark === undefined && !isUnknown && !state.isMarked(view, key)) return true;
  if (state.has('replay-heard')) state.hear(Math.max(record?.ver ?? 0, removal));
  const answer = yield* state.inBase(`replay ${key} ${record?.id ?? ''} v${Math.max(record?.ver ?? 0, removal)}`, () =>
    replay(state, key, record, removal, isOwn),
  );
  if (answer === FAIL) return FAIL;
  state.hear(answer);
  return yield* state.inMiddle(view, `unmark ${key}, keep v${answer}`, () => {
    if (record?.ver === 0 && answer > 0) store.put(key, { ...record, ver: answer });
    else if (record !== undefined && record.ver !== answer) store.drop(key, answer);
    store.marks.delete(key);
    return true;
  });
}

/** The version that the base has afterwards and that the record of the middle should have; 0 if it should go. */
function replay(state: State, key: string, record: StoredRecord | undefined, removal: number, isOwn: boolean): number {
  const { base } = state.around;
  const { clock } = state;
  if (record?.ver === 0) {
    const isOurs = !isOwn && base.newestVersionOf(key) > 0;
    return isOurs ? 0 : base.write(key, record, clock, Math.max(state.after, removal));
  }
  const isRecord = record !== undefined && record.ver > removal;
  const ver = isRecord ? record.ver : removal;
  if (ver === 0) return base.versionOf(key);
  if (isRecord && !isOwn && isRemoved(state, key, ver)) return 0;
  return base.replay(key, isRecord ? record : null, ver, clock, state.has('replay-above'));
}

/** Whether a record of a middle that is marked as a whole was removed, as far as the base can still tell. */
function isRemoved(state: State, key: string, ver: number): boolean {
  const { base } = state.around;
  return state.has('pruned-removal') && ver <= base.pruned && base.newestVersionOf(key) === 0;
}
