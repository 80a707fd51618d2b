import {
  type ArgumentKind,
  type CacheTier,
  CacheValidationError,
  isTooLongKey,
  Kinds,
  MAX_KEY_BYTES,
  optional,
  wholeNumber,
} from '@pw/cache-models';

const KEY: ArgumentKind = Object.freeze({
  wanted: `must be a string of at most ${MAX_KEY_BYTES} bytes`,
  isRight: (value: unknown) => typeof value === 'string' && !isTooLongKey(value),
});
const TOKEN = optional(Kinds.text);
const BATCH_SIZE = wholeNumber(1);

type Checked = readonly [name: string, value: unknown, kind: ArgumentKind];

/** The error for invalid arguments of `acquireLease`, if any. */
export function problemOfLease(tier: CacheTier, key: unknown, milliseconds: unknown, token: unknown) {
  return problemOf(
    tier,
    ['key', key, KEY],
    ['milliseconds', milliseconds, Kinds.milliseconds],
    ['token', token, TOKEN],
  );
}

/** The error for invalid arguments of `releaseLease`, if any. */
export function problemOfRelease(tier: CacheTier, key: unknown, token: unknown) {
  return problemOf(tier, ['key', key, KEY], ['token', token, Kinds.text]);
}

/** The error for an invalid batch size of `reseal`, if any. */
export function problemOfBatchSize(tier: CacheTier, batchSize: unknown) {
  return problemOf(tier, ['batchSize', batchSize, BATCH_SIZE]);
}

function problemOf({ name: tier }: CacheTier, ...given: readonly Checked[]): CacheValidationError | undefined {
  const problems = given
    .filter(([, value, kind]) => !kind.isRight(value))
    .map(([path, , kind]) => ({ path, message: kind.wanted }));
  if (problems.length === 0) return undefined;
  const list = problems.map(({ path, message }) => `${path}: ${message}`).join('; ');
  return new CacheValidationError(`${tier}: ${list}`, { tier, problems });
}
