import { CacheValidationError } from '@pw/cache-models';
import { checkArgument, Kinds } from '@pw/cache-models/tier';
import { FernetKey } from '../fernet/fernet-key.ts';
import { MultiFernet } from '../fernet/multi-fernet.ts';
import type { FernetKeyInput, KeySource } from './fernet-key-input.ts';

/** Environment variables, by name. */
export type Environment = Record<string, string | undefined>;

/** The environment variable with the key that seals. */
export const CURRENT_KEY_VARIABLE = 'PROXYWHIRL_CACHE_ENCRYPTION_KEY';
/** The environment variable with the key that sealed before the last rotation. */
export const PREVIOUS_KEY_VARIABLE = 'PROXYWHIRL_CACHE_KEY_PREVIOUS';

const FROM_ENVIRONMENT: Partial<KeySource> = Object.freeze({ name: 'env', error: CacheValidationError });

/**
 * The key in a variable; `undefined` if it is not set. An empty value is an invalid key: treating it as absent would
 * seal with a random key that is then lost. Throws a CacheError with code `CACHE_KEY_INVALID` that names the variable.
 */
export function readKeyVariable(env: Environment, variable: string): FernetKey | undefined {
  const value = env[variable];
  return value === undefined
    ? undefined
    : FernetKey.parse(value, `Invalid Fernet key in ${variable}`, FROM_ENVIRONMENT);
}

/**
 * The keys of the environment, beginning with the one that seals: `PROXYWHIRL_CACHE_ENCRYPTION_KEY`, then
 * `PROXYWHIRL_CACHE_KEY_PREVIOUS` unless it is the same. If neither is set, a new random key: save it, or everything
 * that it seals is lost. `env` is `process.env` by default. Throws a CacheError with code `CACHE_KEY_INVALID` that
 * names the variable.
 *
 * @example
 * ```ts
 * const [current, ...older] = getEncryptionKeys();
 * ```
 */
export function getEncryptionKeys(env: Environment = process.env): string[] {
  checkArgument('env', env, Kinds.object);
  const current = readKeyVariable(env, CURRENT_KEY_VARIABLE);
  const previous = readKeyVariable(env, PREVIOUS_KEY_VARIABLE);
  const keys = [current, previous].filter((key) => key !== undefined);
  if (keys.length === 0) return [FernetKey.generate().text];
  return [...new Set(keys.map((key) => key.text))];
}

/**
 * A MultiFernet with the keys of {@link getEncryptionKeys}. `env` is `process.env` by default. Throws as {@link
 * getEncryptionKeys} does.
 *
 * @example
 * ```ts
 * const token = createMultiFernet().encrypt('hunter2');
 * ```
 */
export function createMultiFernet(env: Environment = process.env): MultiFernet {
  return new MultiFernet(getEncryptionKeys(env));
}

/**
 * Makes `newKey` the current key of the environment (`process.env` by default), and the current key the previous one.
 * Encryptors created afterwards seal with `newKey` and open tokens of both; existing encryptors keep their keys. The
 * key that was the previous one is dropped: seal all stored tokens again before you rotate a second time. Rotating to
 * the current key changes nothing.
 *
 * Throws a CacheError with code `CACHE_KEY_INVALID`, and changes nothing, if `newKey` or the current key has a wrong
 * format.
 *
 * @example
 * ```ts
 * rotateKey(generateKey()); // then open the cache and call `reencrypt`
 * ```
 */
export function rotateKey(newKey: FernetKeyInput, env: Environment = process.env): void {
  checkArgument('env', env, Kinds.object);
  const next = FernetKey.parse(newKey, 'Invalid new key format', { name: 'newKey', error: CacheValidationError });
  const current = readKeyVariable(env, CURRENT_KEY_VARIABLE);
  if (current?.equals(next) === true) return;
  if (current !== undefined) env[PREVIOUS_KEY_VARIABLE] = current.text;
  env[CURRENT_KEY_VARIABLE] = next.text;
}
