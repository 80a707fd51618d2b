import { FAIL, type Fail, type Steps } from '../world/call.ts';
import { EVERYTHING, nextVersion, type StoredRecord } from '../world/record.ts';
import type { State, View } from './state.ts';

/**
 * What became of a write in a middle. 'older': something newer was there; 'lost': the base does not know the write;
 * 'marked': a promotion met a mark.
 */
export type Outcome = true | 'older' | 'lost' | 'marked' | Fail;

/** A write that a base has made, or a record that it has. */
export interface Write {
  readonly record: StoredRecord | null;
  readonly ver: number;
  /** The id of that base. */
  readonly base: number;
}

export interface Put extends Write {
  readonly record: StoredRecord;
}

/** Puts a record that the base has, if it is still the current one under the lock of the middle. */
export function* putIntoMiddle(
  state: State,
  view: View,
  key: string,
  { record, ver, base }: Put,
  isWrite: boolean,
): Steps<Outcome> {
  const { store } = view;
  return yield* state.underLock(
    view,
    `put ${key} v${ver}`,
    function* (): Steps<Outcome> {
      if (state.has('guard')) {
        const current = yield* state.inAnyBase(`is ${key} v${ver}?`, () => standing(state, key, ver, ver, base));
        if (current === FAIL || current === 'older') return current;
        if (current === 'lost') return state.has('lost-base') ? 'lost' : 'older';
      }
      return yield* state.inMiddle(view, `put ${key} ${record.id} v${ver}`, (): Outcome => {
        const there = store.recs.get(key);
        if (!isWrite && there?.ver === 0 && state.has('kept-foreign')) return 'marked';
        if (store.markOf(key) !== undefined) {
          if (isWrite ? state.has('late-loses') && store.versionOf(key) > ver : state.has('marked-promotion'))
            return isWrite ? 'older' : 'marked';
        }
        store.put(key, record);
        store.marks.delete(key);
        return true;
      });
    },
    state.has('withdrawn'),
  );
}

/** Whether a write is the newest of its key in the base, which then has the version `row`: 0 after a removal. */
function standing(state: State, key: string, ver: number, row: number, id: number): true | 'older' | 'lost' {
  const { base } = state.around;
  if (base.id !== id && state.has('lost-base')) return 'lost';
  const found = base.versionOf(key);
  return found === row && base.newestVersionOf(key) <= ver ? true : 'older';
}

/** Drops what a middle has of a key, after a removal from the base. */
export function* dropFromMiddle(state: State, view: View, key: string, { ver, base }: Write): Steps<Outcome> {
  const { store } = view;
  return yield* state.underLock(
    view,
    `delete ${key} v${ver}`,
    function* (): Steps<Outcome> {
      if (state.has('guard')) {
        const current = yield* state.inAnyBase(`is ${key} removed?`, () => standing(state, key, ver, 0, base));
        if (current === FAIL || current === 'older') return current;
        if (current === 'lost' && state.has('lost-base')) return 'lost';
      }
      return yield* state.inMiddle(view, `delete ${key} v${ver}`, (): Outcome => {
        if (state.has('late-loses') && store.markOf(key) !== undefined && store.versionOf(key) > ver) return 'older';
        store.drop(key, ver);
        store.marks.delete(key);
        return true;
      });
    },
    state.has('withdrawn'),
  );
}

export function* clearMiddle(state: State, view: View, { ver, base }: Write): Steps<Outcome> {
  return yield* state.underLock(
    view,
    `clear below v${ver}`,
    function* (): Steps<Outcome> {
      const isLost = yield* state.inAnyBase('is it cleared?', () => state.around.base.id !== base);
      if (isLost === true && state.has('lost-base')) return 'lost';
      return yield* state.inMiddle(view, `clear below v${ver}`, (): Outcome => {
        view.store.clearOlder(ver, state.has('clear-keeps'));
        return true;
      });
    },
    state.has('withdrawn'),
  );
}

/** By how many steps a write made alone is above the clock: more than clocks differ. */
export const LEAP = 150;

/**
 * A write that the base cannot take. The mark is made first, so that a kill in between leaves it. Returns its version.
 */
export function* writeAlone(state: State, view: View, key: string, record: StoredRecord | null): Steps<number | Fail> {
  const { store } = view;
  const work = function* (): Steps<number | Fail> {
    const ver = yield* state.inMiddle(view, `mark ${key}`, () => {
      const least = state.clock + (state.has('leap') ? LEAP : 0);
      const above = state.has('alone-above') ? newestOf(view, key) : 0;
      const given = nextVersion(least, state.after, above) + 1;
      if (state.has('marks')) {
        // An earlier removal stays, for the record may never come.
        const removal = record === null ? given : (store.marks.get(key)?.removal ?? 0);
        store.marks.set(key, { removal, given });
      }
      return given;
    });
    if (ver === FAIL) return FAIL;
    return yield* state.inMiddle(
      view,
      `${record === null ? 'delete' : 'put'} ${key} ${record?.id ?? ''} v${ver} alone`,
      () => {
        if (record !== null) store.put(key, { ...record, ver });
        else if (key !== EVERYTHING) store.drop(key, ver);
        else clearAlone(view, ver);
        return ver;
      },
    );
  };
  return yield* state.underLock(view, `alone ${key}`, work, state.has('alone-in-time'));
}

function newestOf({ store }: View, key: string): number {
  if (key !== EVERYTHING) return Math.max(store.versionOf(key), store.markOf(key)?.given ?? 0);
  return Math.max(
    0,
    ...[...store.marks.values()].map(({ given }) => given),
    ...[...store.recs.values()].map(({ ver }) => ver),
  );
}

function clearAlone({ store }: View, ver: number): void {
  for (const key of [...store.recs.keys()]) store.drop(key, ver);
  for (const key of [...store.marks.keys()]) if (key !== EVERYTHING) store.marks.delete(key);
}

/** A middle that did not take a write made alone drops its copy, which is older. */
export function* dropUnmarked(state: State, view: View, key: string, ver: number): Steps<true | Fail> {
  const { store } = view;
  return yield* state.underLock(view, `drop ${key}`, function* () {
    return yield* state.inMiddle(view, `drop ${key}`, () => {
      for (const own of key === EVERYTHING ? [...store.recs.keys()] : [key])
        if (store.markOf(own) === undefined) store.drop(own, ver);
      return true as const;
    });
  });
}
