import { type CacheTier, MAX_KEY_BYTES } from '@pw/cache-models';
import { type ArgumentKind, isTooLongKey, Kinds, optional, Problems, wholeNumber } from '@pw/cache-models/tier';

const KEY: ArgumentKind = Object.freeze({
  wanted: `must be a string of at most ${MAX_KEY_BYTES} bytes`,
  isRight: (value: unknown) => typeof value === 'string' && !isTooLongKey(value),
});
const TOKEN = optional(Kinds.string);
const BATCH_SIZE = wholeNumber(1);

type Checked = readonly [name: string, value: unknown, kind: ArgumentKind];

/** The error for invalid arguments of `leases.acquire`, if any. */
export function problemOfLease(tier: CacheTier, key: unknown, milliseconds: unknown, token: unknown) {
  return problemOf(
    tier,
    ['key', key, KEY],
    ['milliseconds', milliseconds, Kinds.milliseconds],
    ['token', token, TOKEN],
  );
}

/** The error for invalid arguments of `leases.release`, if any. */
export function problemOfRelease(tier: CacheTier, key: unknown, token: unknown) {
  return problemOf(tier, ['key', key, KEY], ['token', token, Kinds.string]);
}

/** The error for an invalid batch size of `reseal`, if any. */
export function problemOfBatchSize(tier: CacheTier, batchSize: unknown) {
  return problemOf(tier, ['batchSize', batchSize, BATCH_SIZE]);
}

function problemOf({ name: tier }: CacheTier, ...given: readonly Checked[]): Error | undefined {
  const problems = new Problems();
  for (const [path, value, kind] of given) problems.check(kind.isRight(value), path, kind.wanted);
  return problems.toError(tier, { tier });
}
