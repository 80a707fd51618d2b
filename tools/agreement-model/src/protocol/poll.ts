import type { Base } from '../world/base.ts';
import { FAIL, type Fail, type Steps } from '../world/call.ts';
import { EVERYTHING } from '../world/record.ts';
import { adopt } from './foreign.ts';
import { noted, raise, type State, type View } from './state.ts';

/** Asks what others have changed, unless that was asked within the allowed lag. Returns whether it asked. */
export function* pollIfDue(state: State): Steps<boolean> {
  if (state.now - state.polledAt < state.around.config.lag) return false;
  yield* poll(state);
  return true;
}

export function* poll(state: State): Steps<void> {
  const at = state.now;
  const news = yield* state.inAnyBase('changes', () => readLog(state, state.around.base));
  let isComplete = news !== FAIL;
  if (news !== FAIL) {
    digest(state, news);
    for (const view of state.views) if (!view.isKnown && state.has('unknown')) yield* markAll(state, view, news.id);
  } else for (const view of state.views) view.isDoubtful = true;
  for (const view of state.views) if ((yield* readMarks(state, view)) === FAIL) isComplete = false;
  if (isComplete) state.polledAt = at;
}

type News = ReturnType<typeof readLog>;

function readLog(state: State, base: Base) {
  base.adopt(state.clock, state.after);
  const isOther = state.baseId !== undefined && state.baseId !== base.id && state.has('base-id');
  const from = isOther ? -1 : state.fed;
  return {
    isOther,
    // Also before the first reading: memory may hold what this process wrote alone.
    isPruned: Math.max(0, from) < base.pruned,
    id: base.id,
    head: base.head,
    rows: base.log.filter((row) => row.position > from),
    cursors: state.views.map(({ store }) => base.cursors.get(store.name)),
  };
}

function digest(state: State, { isOther, isPruned, id, head, rows, cursors }: News): void {
  if (isOther || (isPruned && state.has('empty-on-prune'))) state.forgetEverything();
  for (const { key, ver } of rows) state.forget(key, ver);
  for (const [i, view] of state.views.entries()) {
    if (isOther) {
      view.right.clear();
      view.behind.clear();
    }
    view.isKnown = cursors[i] !== undefined;
    for (const { key, ver, position } of rows)
      if (position > (cursors[i] ?? 0) && noted(view.right, key) < ver) raise(view.behind, key, ver);
  }
  state.baseId = id;
  state.fed = head;
  state.hear(head);
}

/** Marks a middle that its base does not know as a whole. */
function* markAll(state: State, view: View, base: number): Steps<void> {
  const { store } = view;
  if (view.marks.has(EVERYTHING)) return;
  yield* state.underLock(view, 'mark all', () =>
    state.inMiddle(view, 'mark all', () => {
      store.unknownTo = base;
      if (state.has('mark-all') && !store.marks.has(EVERYTHING)) store.marks.set(EVERYTHING, { removal: 0, given: 0 });
    }),
  );
}

/** Reads the marks of a middle, and what has been written to its files. */
export function* readMarks(state: State, view: View): Steps<true | Fail> {
  const { store } = view;
  const found = yield* state.inMiddle(view, 'marks', () => ({
    marks: new Map(store.marks),
    lines: store.tail.slice(view.tailEnd),
    end: store.tail.length,
  }));
  if (found === FAIL) return FAIL;
  view.isDoubtful = false;
  view.marks = found.marks;
  view.tailEnd = found.end;
  view.isRead = true;
  for (const { given, removal } of found.marks.values()) state.hear(state.has('marks-heard') ? given : removal);
  for (const { key, ver } of found.lines) {
    if (ver > 0 ? state.has('tail') : true) state.forget(key, ver > 0 ? ver : Number.POSITIVE_INFINITY);
    if (ver === 0) yield* state.exclusively(key, () => adopt(state, view, key));
  }
  return true;
}
