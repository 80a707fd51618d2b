import { parseCacheConfig, parseTierConfig, silentLogger } from '@pw/cache-models';
import {
  calmLogger,
  checkArgument,
  checkBinding,
  checkFilter,
  checkHealthSchedule,
  checkHealthThresholds,
  checkOneOptionsObject,
  checkOptionsObject,
  Kinds,
  nullable,
  objectWith,
  oneOf as oneOfTexts,
  optional,
  parseHealthHistoryOptions,
  problemsOfOptions,
  unknownMembers,
  wholeNumber,
} from '@pw/cache-models/tier';
import {
  either,
  having,
  isAnything,
  isBoolean,
  isFunction,
  isNull,
  isNumber,
  isText,
  listOf,
  maybe,
  must,
  objectOf,
  oneOf,
  wholeFrom,
} from '../../accepts.ts';
import { calls, groupOf } from '../../define-calls.ts';
import type { Parameter } from '../../nonsense-spec.ts';
import { entryFilter, healthHistoryOptions, tierConfig } from '../tier-calls.ts';

const isErrorClass = (value: unknown) => isFunction(value) && (value as () => void).prototype instanceof Error;
const isWhole = wholeFrom(Number.MIN_SAFE_INTEGER);
const isKind = (value: unknown) => having('isRight')(value) && isText((value as { wanted?: unknown }).wanted);
const isKinds = (value: unknown) => objectOf('a')(value) && Object.values(value as object).every(isKind);
const isTime = (value: unknown) => Number.isFinite(value) && (value as number) > 0;
const isPath = (value: unknown) => isText(value) && value !== '' && !(value as string).includes('\0');

/** When checks are due. */
export const scheduleMembers: readonly Parameter[] = [
  maybe('intervalMs', isTime),
  maybe('maxIntervalMs', isTime),
  maybe('jitter', (value) => isNumber(value) && (value as number) >= 0 && (value as number) <= 1),
  maybe('random', isFunction),
];
// The argument is called `schedule`, but errors name the tier option that it comes from.
const schedule = must('healthSchedule', objectOf('intervalMs', 'maxIntervalMs', 'jitter', 'random'), scheduleMembers);
export const thresholdMembers: readonly Parameter[] = [
  maybe('deadAfter', wholeFrom(1)),
  maybe('recoverAfter', wholeFrom(1)),
  maybe(
    'slowAfterMs',
    either(isNull, (value) => isNumber(value) && (value as number) > 0),
  ),
];
const thresholds = must('healthThresholds', objectOf('deadAfter', 'recoverAfter', 'slowAfterMs'), thresholdMembers);
const binding = must('binding', objectOf('role', 'origin'), [
  must('role', oneOf('username', 'password')),
  must('origin', isText),
]);

/** A member that is a configuration of a tier. */
function tier(name: string): Parameter {
  return { ...tierConfig, name };
}

const seconds = (name: string, least: number) => maybe(name, wholeFrom(least, 2_147_483));
const configMembers: readonly Parameter[] = [
  tier('l1Config'),
  tier('l2Config'),
  tier('l3Config'),
  maybe('l2Backend', oneOf('jsonl', 'sqlite')),
  maybe('defaultTtlSeconds', wholeFrom(60)),
  seconds('ttlCleanupInterval', 10),
  maybe('enableBackgroundCleanup', isBoolean),
  seconds('cleanupIntervalSeconds', 5),
  maybe('perSourceTtl', objectOf('source', 'nonsense', 'inside'), [maybe('source', wholeFrom(1))]),
  maybe('l2CacheDir', isPath),
  maybe('l3DatabasePath', isPath),
  maybe('encryptionKey', either(isNull, isText)),
  maybe('previousEncryptionKeys', listOf(isText)),
  maybe('keyFile', isPath),
  maybe('foreignTokens', oneOf('accept', 'refuse')),
  maybe('healthCheckInvalidation', isBoolean),
  maybe('failureThreshold', wholeFrom(1)),
  maybe('enableStatistics', isBoolean),
  seconds('statisticsInterval', 1),
  maybe('directoryChecks', oneOf('warn', 'strict', 'off')),
  maybe('durability', oneOf('normal', 'full')),
];

/** A configuration of a whole cache. */
const cacheConfig: Parameter = maybe('config', objectOf(...configMembers.map(({ name }) => name)), configMembers);

const kind = must('kind', isKind);
const how = must('how', objectOf('what', 'name', 'error'), [
  must('what', isText),
  maybe('name', isText),
  maybe('error', isErrorClass),
]);

/** Functions that check arguments, configurations and options. */
export const checks = groupOf(
  'checks of cache-models',
  calls('parseCacheConfig', [cacheConfig], () => [{}], parseCacheConfig, { refusal: 'config' }),
  calls('parseTierConfig', [tierConfig], () => [{}], parseTierConfig, { refusal: 'config' }),
  calls(
    'checkFilter',
    [{ ...entryFilter, accepts: objectOf(...entryFilter.members!.map(({ name }) => name)) }],
    () => [{}],
    checkFilter,
  ),
  calls('parseHealthHistoryOptions', [healthHistoryOptions], () => [{}], parseHealthHistoryOptions),
  calls('checkHealthSchedule', [schedule, must('tier', isText)], () => [{}, 'l3'], checkHealthSchedule, {
    refusal: 'config',
  }),
  calls('checkHealthThresholds', [thresholds, must('owner', isText)], () => [{}, 'cache'], checkHealthThresholds, {
    refusal: 'config',
  }),
  calls('checkBinding', [binding], () => [{ role: 'username', origin: 'http://h:1' }], checkBinding),
  calls('oneOf', [must('choices', listOf(isText))], () => [['a']], oneOfTexts),
  calls('wholeNumber', [maybe('least', isWhole), maybe('most', isWhole)], () => [0, 1], wholeNumber),
  calls('optional', [{ ...kind, name: 'same' }], () => [Kinds.string], optional),
  calls('nullable', [{ ...kind, name: 'same' }], () => [Kinds.string], nullable),
  calls(
    'checkArgument',
    [must('name', isText), must('value', isAnything), kind, maybe('error', isErrorClass)],
    () => ['name', 'text', { ...Kinds.string, isRight: () => true }],
    checkArgument,
  ),
  calls(
    'checkOptionsObject',
    [must('options', objectOf()), must('members', isKinds), how],
    () => [{}, { a: optional(Kinds.string) }, { what: 'what' }],
    // The caller's own name would appear in its errors.
    (options: unknown, members: never, given: { readonly name?: unknown } | null) => {
      const isNamed = isText(given?.name);
      checkOptionsObject(options, members, (isNamed ? { ...given, name: 'options' } : given) as never);
    },
  ),
  calls(
    'problemsOfOptions',
    [must('options', isAnything), must('members', isKinds), maybe('name', isText)],
    () => [{}, { a: Kinds.string }, 'name'],
    problemsOfOptions,
  ),
  calls('objectWith', [must('members', isKinds)], () => [{ a: Kinds.string }], objectWith),
  calls(
    'checkOneOptionsObject',
    [must('what', isText), must('more', listOf(isAnything)), must('likely', isText)],
    () => ['what', [undefined], '{ a }'],
    checkOneOptionsObject,
    { refusal: 'config' },
  ),
  calls('calmLogger', [must('logger', having('debug', 'info', 'warn', 'error'))], () => [silentLogger], calmLogger),
  calls(
    'unknownMembers',
    [must('options', objectOf('nonsense', 'inside', 'itself')), must('known', listOf(isText))],
    () => [{}, ['a']],
    unknownMembers,
  ),
);
