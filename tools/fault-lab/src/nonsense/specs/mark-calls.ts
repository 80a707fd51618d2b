import type { CacheEntry, CacheTier } from '@pw/cache-models';
import type { LoggedWrite, TierMarks } from '@pw/cache-models/tier';
import { either, isEntry, isFunction, isNull, isText, listOf, must, objectOf, wholeFrom } from '../accepts.ts';
import type { Call, Parameter } from '../nonsense-spec.ts';

type MarkCall = Call<CacheTier>;

/** The entries that calls may store and remove, and one that must be there after each call. */
export interface MarkEntries {
  readonly kept: CacheEntry;
  readonly passing: CacheEntry;
}

const KEY = must('key', isText);
const ALONE: Parameter = must('options', objectOf('after', 'timeoutMs'), [
  must('after', wholeFrom(0)),
  must('timeoutMs', (value) => typeof value === 'number' && value >= 1 && value < 2 ** 31),
]);
const rightAlone = () => ({ after: 0, timeoutMs: 10_000 });

/** The calls of `marks`. */
export function markCalls({ kept, passing }: MarkEntries): MarkCall[] {
  const call = (
    name: string,
    parameters: readonly Parameter[],
    right: MarkCall['right'],
    made: (marks: TierMarks, ...given: readonly unknown[]) => unknown,
  ): MarkCall => ({
    name: `marks.${name}`,
    parameters,
    right,
    call: (tier, ...given) => made(tier.marks!, ...given),
  });
  const always = () => () => true;
  return [
    call(
      'read',
      [],
      () => [],
      (marks) => marks.read(),
    ),
    call(
      'isMarked',
      [KEY],
      () => [kept.key],
      (marks, key) => marks.isMarked(key as string),
    ),
    call(
      'withoutVersion',
      [],
      () => [],
      (marks) => marks.withoutVersion(),
    ),
    call(
      'markAll',
      [],
      () => [],
      (marks) => marks.markAll(),
    ),
    call(
      'unmarkAll',
      [must('mark', wholeFrom(0))],
      () => [0],
      (marks, mark) => marks.unmarkAll(mark as number),
    ),
    call(
      'putIf',
      [must('entries', listOf(isEntry)), must('isWanted', isFunction)],
      () => [[passing], always()],
      (marks, ...given) => marks.putIf(...(given as Parameters<TierMarks['putIf']>)),
    ),
    call(
      'deleteIf',
      [must('keys', listOf(isText)), must('isUnwanted', isFunction)],
      () => [[passing.key], always()],
      (marks, ...given) => marks.deleteIf(...(given as Parameters<TierMarks['deleteIf']>)),
    ),
    call(
      'change',
      [KEY, must('decide', isFunction)],
      () => [kept.key, () => undefined],
      (marks, ...given) => marks.change(...(given as Parameters<TierMarks['change']>)),
    ),
    ...writingCalls(call, kept, passing),
  ];
}

function writingCalls(
  call: (name: string, parameters: readonly Parameter[], right: MarkCall['right'], made: Made) => MarkCall,
  kept: CacheEntry,
  passing: CacheEntry,
): MarkCall[] {
  const isEmptyList = (value: unknown) => Array.isArray(value) && value.length === 0;
  const write: Parameter = must('writes', objectOf('key', 'entry'), [
    must('key', (value) => value === passing.key),
    must('entry', either(isNull, isEntry)),
  ]);
  const putBack = (marks: TierMarks) => marks.putIf([kept], () => true);
  return [
    call(
      'writeAlone',
      [must('writes', isEmptyList), ALONE],
      () => [[], rightAlone()],
      (marks, ...given) => marks.writeAlone(...(given as Parameters<TierMarks['writeAlone']>)),
    ),
    call(
      'writeAlone',
      [write],
      () => [{ key: passing.key, entry: passing }],
      (marks, one) => marks.writeAlone([one as LoggedWrite], rightAlone()),
    ),
    call(
      'updateAlone',
      [KEY, must('change', isFunction), ALONE],
      () => [kept.key, () => undefined, rightAlone()],
      (marks, ...given) => marks.updateAlone(...(given as Parameters<TierMarks['updateAlone']>)),
    ),
    call(
      'clearAlone',
      [ALONE],
      () => [rightAlone()],
      async (marks, options) => {
        await marks.clearAlone(options as ReturnType<typeof rightAlone>);
        await putBack(marks);
      },
    ),
    call(
      'clearOlder',
      [must('version', wholeFrom(0))],
      () => [1],
      async (marks, version) => {
        await marks.clearOlder(version as number);
        await putBack(marks);
      },
    ),
  ];
}

type Made = (marks: TierMarks, ...given: readonly unknown[]) => unknown;
