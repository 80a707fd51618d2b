import { FAIL, type Fail, type Steps } from '../world/call.ts';
import { markIn } from '../world/middle.ts';
import { EVERYTHING, isLive, type StoredRecord } from '../world/record.ts';
import type { Found } from '../world/surroundings.ts';
import { adopt } from './foreign.ts';
import { type Put, putIntoMiddle } from './into-middle.ts';
import { pollIfDue, readMarks } from './poll.ts';
import { noted, type State, type View } from './state.ts';
import { noteRight } from './write.ts';

export function* get(state: State, key: string): Steps<Found> {
  yield* pollIfDue(state);
  const own = state.memory.get(key);
  const isTrusted = !state.has('marked-memory') || !state.isMarkedAnywhere(key);
  if (isLive(own, state.now) && isTrusted) return own;
  return yield* state.exclusively(key, () => search(state, key));
}

/** How often a search starts again because what it found was replaced meanwhile. */
const MAX_SEARCHES = 6;

type Upper = { readonly view: View; readonly record: StoredRecord | undefined | Fail };

function* search(state: State, key: string, tries = 1): Steps<Found> {
  const uppers: Upper[] = [];
  for (const view of state.views) {
    const record = yield* readMiddle(state, view, key);
    if (record === 'foreign') return tries < MAX_SEARCHES ? yield* search(state, key, tries + 1) : 'blind';
    if (record !== FAIL && isTrusted(state, view, key, record)) {
      state.memory.set(key, record);
      state.hear(record.ver);
      return record;
    }
    uppers.push({ view, record });
  }
  return yield* fromAll(state, key, uppers, tries);
}

function* readMiddle(state: State, view: View, key: string): Steps<StoredRecord | undefined | 'foreign' | Fail> {
  const read = () => state.inMiddle(view, `get ${key}`, () => view.store.recs.get(key));
  const found = yield* read();
  // What was marked when the marks were read may have been removed since: then a mark says so, and the base is older.
  if (found !== FAIL && state.has('marks-again') && state.isMarked(view, key))
    if ((yield* readMarks(state, view)) === FAIL) return FAIL;
  if (found === FAIL || found?.ver !== 0) return found;
  // Its version is needed; while the base does not answer, the record counts as absent.
  return (yield* adopt(state, view, key)) === FAIL ? FAIL : 'foreign';
}

function isTrusted(state: State, view: View, key: string, record: StoredRecord | undefined): record is StoredRecord {
  if (!isLive(record, state.now) || state.isMarkedAnywhere(key)) return false;
  if (state.views.some(({ isRead }) => !isRead)) return false;
  return isFresh(state, view, key, record);
}

function isFresh(state: State, view: View, key: string, record: StoredRecord): boolean {
  if (state.has('behind') && record.ver < noted(view.behind, key)) return false;
  return state.baseId !== undefined || !state.has('knows');
}

/** What a tier says of a key: the version of a removal counts too. */
interface Claim {
  readonly record: StoredRecord | null;
  readonly ver: number;
}

function* fromAll(state: State, key: string, uppers: readonly Upper[], tries: number): Steps<Found> {
  const lower = yield* state.inBase(`get ${key}`, () => {
    const { base } = state.around;
    base.adopt(state.clock, state.after);
    const ver = state.has('tombs') ? base.newestVersionOf(key) : base.versionOf(key);
    return { record: base.rows.get(key) ?? null, ver, pruned: base.pruned, base: base.id };
  });
  if (lower === FAIL) return withoutBase(state, key, uppers);
  if (uppers.some(({ view, record }) => record === FAIL && (!view.isRead || state.isMarked(view, key)))) return 'blind';
  const best = newest(lower, claims(state, key, uppers, lower));
  if (!isLive(best.record, state.now)) return null;
  if (best === lower) {
    const isReplaced = yield* promote(
      state,
      key,
      { record: best.record, ver: best.record.ver, base: lower.base },
      uppers,
    );
    if (isReplaced && tries < MAX_SEARCHES) return yield* search(state, key, tries + 1);
    if (isReplaced) return 'blind';
  }
  state.memory.set(key, best.record);
  state.hear(best.ver);
  return best.record;
}

function* promote(state: State, key: string, made: Put, uppers: readonly Upper[]): Steps<boolean> {
  for (const { view, record: upper } of uppers) {
    if (upper === FAIL || state.isMarked(view, key)) continue;
    const outcome = yield* putIntoMiddle(state, view, key, made, false);
    if (outcome === true) noteRight(view, key, made.ver);
    if (outcome === true || outcome === FAIL) continue;
    return outcome === 'marked' ? (yield* readMarks(state, view)) !== FAIL : true;
  }
  return false;
}

function claims(state: State, key: string, uppers: readonly Upper[], lower: { ver: number; pruned: number }): Claim[] {
  const all: Claim[] = [];
  for (const { view, record } of uppers) {
    if (record === FAIL || !state.isMarked(view, key)) continue;
    const claim = marked(view, key, record);
    const isDoubtful = !view.marks.has(key) && claim.record !== null && lower.ver === 0;
    if (isDoubtful && claim.ver <= lower.pruned && state.has('pruned-removal')) continue;
    if (claim.ver > 0) all.push(claim);
  }
  return all;
}

/** What a middle says of a marked key. */
function marked({ marks }: View, key: string, record: StoredRecord | undefined): Claim {
  const removal = markIn(marks, key)?.removal ?? 0;
  return record !== undefined && record.ver > removal ? { record, ver: record.ver } : { record: null, ver: removal };
}

function newest(lower: Claim, others: readonly Claim[]): Claim {
  return others.reduce((best, other) => (other.ver > best.ver ? other : best), lower);
}

function withoutBase(state: State, key: string, uppers: readonly Upper[]): Found {
  const known: Claim[] = [];
  for (const { view, record } of uppers) {
    if (record === FAIL) return 'blind';
    if (view.marks.has(key) || view.marks.has(EVERYTHING)) known.push(marked(view, key, record));
    else if (isLive(record, state.now) && isFresh(state, view, key, record)) known.push({ record, ver: record.ver });
  }
  const best = newest({ record: null, ver: 0 }, known);
  if (best.ver === 0 || state.views.some(({ behind }) => best.ver < noted(behind, key))) return 'blind';
  return isLive(best.record, state.now) ? best.record : null;
}

export function* keys(state: State): Steps<ReadonlySet<string> | 'blind'> {
  yield* pollIfDue(state);
  const lower = yield* state.inBase('keys', () => {
    const { base } = state.around;
    const all = state.around.config.keys;
    return new Map(
      all.map((key) => [
        key,
        { record: base.rows.get(key) ?? null, ver: base.newestVersionOf(key), pruned: base.pruned },
      ]),
    );
  });
  const uppers: { view: View; recs: Map<string, StoredRecord> }[] = [];
  for (const view of state.views) {
    const recs = yield* state.inMiddle(view, 'keys', () => new Map(view.store.recs));
    if (recs === FAIL) return 'blind';
    uppers.push({ view, recs });
  }
  if (lower === FAIL) return 'blind';
  const all = new Set<string>();
  for (const [key, own] of lower) {
    const upper = uppers.map(({ view, recs }) => ({ view, record: recs.get(key) }));
    if (isLive(newest(own, claims(state, key, upper, own)).record, state.now)) all.add(key);
  }
  return all;
}
