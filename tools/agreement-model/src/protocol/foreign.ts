import { FAIL, type Fail, type Steps } from '../world/call.ts';
import { replayLocked } from './replay-key.ts';
import type { State, View } from './state.ts';

/** Makes a record that another program wrote to a middle one of ours, or drops it. For work that holds the key. */
export function* adopt(state: State, view: View, key: string): Steps<true | Fail> {
  if (!state.has('adopt-locked')) return yield* adoptLocked(state, view, key);
  return yield* state.underLock(view, `adopt ${key}`, () => adoptLocked(state, view, key));
}

/** The same for work that also holds the lock of the middle. */
export function* adoptLocked(state: State, view: View, key: string): Steps<true | Fail> {
  const { store } = view;
  const found = yield* state.inMiddle(view, `look at ${key}`, () => ({
    record: store.recs.get(key),
    isMarked: store.marks.has(key),
  }));
  if (found === FAIL) return FAIL;
  const { record, isMarked } = found;
  if (record?.ver !== 0) return true;
  if (isMarked) return yield* replayLocked(state, view, key);
  const ver = yield* state.inBase(`adopt ${key} ${record.id}`, () => {
    const { base } = state.around;
    const isKnown = base.cursors.has(store.name) || !state.has('unknown');
    const isOurs = isKnown ? base.isOpen(key, store.name) : base.newestVersionOf(key) > 0;
    return isOurs && state.has('adopt') ? 0 : base.write(key, record, state.clock, state.after);
  });
  if (ver === FAIL) return FAIL;
  state.hear(ver);
  return yield* state.inMiddle(view, `${ver > 0 ? 'stamp' : 'drop'} foreign ${key} ${record.id} v${ver}`, () => {
    if (store.recs.get(key) !== record) return true;
    if (ver > 0) store.put(key, { ...record, ver });
    else store.drop(key, 1);
    return true;
  });
}
