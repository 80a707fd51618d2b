import { FAIL, type Fail, type Steps } from '../world/call.ts';
import type { Mark } from '../world/middle.ts';
import { EVERYTHING } from '../world/record.ts';
import { adoptLocked } from './foreign.ts';
import { replayKey } from './replay-key.ts';
import { raise, type State, type View } from './state.ts';
import { noteRight } from './write.ts';

/** Gives the base what it missed, of every middle. */
export function* recover(state: State): Steps<void> {
  for (const view of state.views) yield* recoverView(state, view);
}

function* recoverView(state: State, view: View): Steps<void> {
  const marks = yield* state.inMiddle(view, 'marks', () => new Map(view.store.marks));
  if (marks === FAIL) return;
  const { name } = view.store;
  const start = yield* state.inBase('head', () => {
    const { base } = state.around;
    return { id: base.id, head: base.head, isKnown: base.cursors.has(name) };
  });
  if (start === FAIL) return;
  view.isKnown = start.isKnown;
  const isUnknown = !start.isKnown && state.has('unknown');
  if (isUnknown || marks.has(EVERYTHING)) yield* replayEverything(state, view, start, isUnknown);
  for (const key of [...marks.keys()].sort())
    if (key !== EVERYTHING) yield* state.exclusively(key, () => replayKey(state, view, key));
  if (!start.isKnown && !state.has('unknown')) yield* introduce(state, view, start);
}

interface Start {
  readonly id: number;
  readonly head: number;
}

/** Replays a removal of everything, and the records of a middle that its base does not know. */
function* replayEverything(state: State, view: View, start: Start, isUnknown: boolean): Steps<void> {
  const { store } = view;
  const mark = yield* replayClear(state, view);
  if (mark === FAIL) return;
  if (isUnknown || mark?.removal === 0) {
    const keys = yield* state.inMiddle(view, 'names of all records', () => [...store.recs.keys()].sort());
    if (keys === FAIL) return;
    for (const key of keys) if ((yield* state.exclusively(key, () => replayKey(state, view, key))) === FAIL) return;
  }
  if ((yield* introduce(state, view, start)) !== true || mark === undefined) return;
  yield* state.underLock(view, 'unmark all', () =>
    state.inMiddle(view, `unmark all ${mark.removal}`, () => {
      if (store.marks.get(EVERYTHING)?.removal === mark.removal) store.marks.delete(EVERYTHING);
    }),
  );
}

/** Gives the base a removal of everything that it missed. Returns the mark. */
function* replayClear(state: State, view: View): Steps<Mark | undefined | Fail> {
  const { store } = view;
  return yield* state.underLock(view, 'replay all', function* (): Steps<Mark | undefined | Fail> {
    const mark = yield* state.inMiddle(view, 'mark of all', () => store.marks.get(EVERYTHING));
    if (mark === FAIL || mark === undefined || mark.removal === 0) return mark;
    const done = yield* state.inBase(`replay a clear v${mark.removal}`, () => {
      state.around.base.replay(EVERYTHING, null, mark.removal, state.clock, state.has('replay-above'));
    });
    return done === FAIL ? FAIL : mark;
  });
}

/** The base knows the middle from now on. */
function* introduce(state: State, view: View, start: Start): Steps<boolean | Fail> {
  const moved = yield* state.inBase(`introduce ${view.store.name}`, () => {
    const { base } = state.around;
    if (base.id !== start.id && state.has('base-id')) return false;
    if (!base.cursors.has(view.store.name))
      base.moveCursor(view.store.name, state.has('head-before') ? start.head : base.head);
    return true;
  });
  if (moved === true) view.isKnown = true;
  return moved;
}

/** Drops what is older than the open rows of the log, then moves the cursors. */
export function* agree(state: State): Steps<void> {
  for (const view of state.views) yield* agreeView(state, view);
}

function* agreeView(state: State, view: View): Steps<void> {
  const { store } = view;
  const open = yield* state.inBase('open rows', () => {
    const { base } = state.around;
    const cursor = base.cursors.get(store.name);
    return cursor === undefined ? undefined : { id: base.id, rows: base.log.filter((row) => row.position > cursor) };
  });
  if (open === FAIL || open === undefined) return;
  const last = open.rows.at(-1);
  if (last === undefined) return;
  const newest = new Map<string, number>();
  for (const { key, ver } of open.rows) raise(newest, key, ver);
  for (const [key, ver] of newest) {
    if ((view.right.get(key) ?? 0) >= ver) continue;
    if ((yield* dropOlder(state, view, key, ver)) === FAIL) return;
    noteRight(view, key, ver);
  }
  yield* state.inBase(`cursor of ${store.name} to ${last.position}`, () => {
    const { base } = state.around;
    if (base.id === open.id || !state.has('base-id')) base.moveCursor(store.name, last.position);
  });
}

/** Drops records that are older than a row of the log. Those without a version are adopted, or lose against the row. */
function* dropOlder(state: State, view: View, key: string, ver: number): Steps<true | Fail> {
  const { store } = view;
  const work = function* (): Steps<true | Fail> {
    const foreign = yield* state.inMiddle(view, `drop ${key} below v${ver}`, () => {
      const older = [...store.recs].filter(([own, record]) => (key === EVERYTHING || own === key) && record.ver < ver);
      for (const [own, record] of older) if (record.ver > 0) store.drop(own, ver);
      return older.filter(([, record]) => record.ver === 0).map(([own]) => own);
    });
    if (foreign === FAIL) return FAIL;
    for (const own of foreign)
      if (state.has('agree-adopts') && (yield* adoptLocked(state, view, own)) === FAIL) return FAIL;
    return true;
  };
  return state.has('agree-locked') ? yield* state.underLock(view, `agree on ${key}`, work) : yield* work();
}

/** Removes expired records. The log says nothing of it. */
export function* cleanup(state: State): Steps<void> {
  yield* state.inBase('cleanup', () => {
    const { base } = state.around;
    for (const [key, row] of base.rows) if (row.exp <= state.now) base.rows.delete(key);
  });
  for (const view of state.views) {
    const { store } = view;
    yield* state.underLock(view, 'cleanup', () =>
      state.inMiddle(view, 'cleanup', () => {
        for (const [key, { exp, ver }] of [...store.recs])
          if (exp <= state.now && (store.markOf(key) === undefined || !state.has('marked-stay'))) store.drop(key, ver);
      }),
    );
  }
}
