import { isUtf8 } from 'node:buffer';
import {
  CacheConfigError,
  type Clock,
  type CredentialBinding,
  type CredentialCipher,
  CredentialUnreadableError,
  type DirectoryChecks,
  type Logger,
  Secret,
  type TokenState,
} from '@pw/cache-models';
import {
  type ArgumentKind,
  calmLogger,
  checkArgument,
  checkBinding,
  checkOneOptionsObject,
  checkOptionsObject,
  DIRECTORY_CHECKS,
  FileGuard,
  Kinds,
  nullable,
  oneOf,
  optional,
  problemsOfOptions,
} from '@pw/cache-models/tier';
import type { BindingState } from './binding/binding-key.ts';
import { FernetKey } from './fernet/fernet-key.ts';
import { KeyRing, type TokenInput, unreadableToken } from './fernet/key-ring.ts';
import {
  CURRENT_KEY_VARIABLE,
  type Environment,
  PREVIOUS_KEY_VARIABLE,
  readKeyVariable,
} from './keys/environment-keys.ts';
import type { FernetKeyInput } from './keys/fernet-key-input.ts';
import { makeKeyFile, readKeyFile } from './keys/key-file.ts';
import { type CachePlaces, checkKeyFilePlace } from './keys/key-file-place.ts';

const INSPECT = Symbol.for('nodejs.util.inspect.custom');

/** Which key of an encryptor made a token: the one that seals, or an older one. */
export type TokenKey = 'current' | 'previous';

/** What happens with tokens that are bound to no proxy: they are opened, or refused. */
export type ForeignTokens = 'accept' | 'refuse';

export interface CredentialEncryptorOptions {
  /**
   * The key that seals. An empty string is an invalid key, not an absent one.
   *
   * @default the current key of the environment
   */
  readonly key?: FernetKeyInput | null | undefined;
  /**
   * Older keys that still open tokens, any number. The previous key of the environment is always added.
   *
   * @default none
   */
  readonly previousKeys?: readonly FernetKeyInput[] | undefined;
  /**
   * File with the key, used if neither `key` nor the environment has one. It is created once, with mode 0600 and a new
   * key. If there is a key elsewhere, an existing file's key still opens tokens.
   *
   * @default none
   */
  readonly keyFile?: string | undefined;
  /**
   * The paths of the cache's files, so that a `keyFile` among them is refused.
   *
   * @default none
   */
  readonly cachePlaces?: CachePlaces | undefined;
  /**
   * What happens if other users of the machine could change the key file; see {@link DirectoryChecks}.
   *
   * @default "warn"
   */
  readonly directoryChecks?: DirectoryChecks | undefined;
  /**
   * Whether tokens that are bound to no proxy are opened: those of ProxyWhirl, of other programs, and of `encrypt`
   * without a binding. Use `"refuse"` once `reencrypt` has bound all stored tokens, if no other program writes the
   * store.
   *
   * @default "accept"
   */
  readonly foreignTokens?: ForeignTokens | undefined;
  /**
   * The environment variables to read keys from.
   *
   * @default `process.env`, read once, by the constructor
   */
  readonly env?: Environment | undefined;
  /**
   * Receives the warning that a secret was sealed with a random key.
   *
   * @default a process warning, so that it is not missed
   */
  readonly logger?: Logger | undefined;
  /**
   * Determines the creation time of tokens.
   *
   * @default the system clock
   */
  readonly clock?: Clock | undefined;
}

/**
 * Seals credentials with Fernet; the cipher of the cache. Seals with one key and opens the tokens of that key and of
 * older ones; tokens do not expire. Shows no key in any rendering.
 *
 * @example
 * ```ts
 * const encryptor = new CredentialEncryptor({ key: newKey, previousKeys: [oldKey] });
 * const token = encryptor.encrypt(Secret.of('hunter2'));
 * encryptor.decrypt(token).reveal(); // 'hunter2'
 * ```
 */
export class CredentialEncryptor implements CredentialCipher {
  readonly #ring: KeyRing;
  readonly #refusesForeign: boolean;
  /** Issues the warning that a random key is in use; unset once it has been issued. */
  #warn: (() => void) | undefined;

  /**
   * Without any key or `keyFile` a random key is used; the first secret that it seals causes a warning that tokens
   * sealed with it cannot be read after the process ends. If there are only older keys, the first of them seals, as in
   * ProxyWhirl. Throws a CacheError with code `CACHE_KEY_INVALID` that names the option or variable, never the key; a
   * CacheConfigError for a wrong option or a refused `keyFile`, and a CacheStorageError for a `keyFile` that cannot be
   * read or created.
   *
   * @example
   * ```ts
   * const encryptor = new CredentialEncryptor({ keyFile: '/run/secrets/cache-key', foreignTokens: 'refuse' });
   * ```
   */
  constructor(options?: CredentialEncryptorOptions);
  constructor(options: CredentialEncryptorOptions = {}, ...more: readonly unknown[]) {
    checkOneOptionsObject('CredentialEncryptor', more, '{ key }');
    checkOptions(options);
    const keys = collectKeys(options, options.env ?? process.env);
    if (keys.length === 0) {
      this.#warn = () => warnOfRandomKey(options.logger);
      keys.push(FernetKey.generate());
    }
    this.#ring = new KeyRing(keys, options.clock);
    this.#refusesForeign = options.foreignTokens === 'refuse';
  }

  /** The key that this encryptor seals with. Save it to open the tokens with another encryptor. */
  get key(): string {
    return this.#ring.keys[0]!.text;
  }

  /**
   * Seals a secret; the empty secret becomes zero bytes, as in ProxyWhirl. With a binding, the token opens only at that
   * place; to Python and to `Fernet` it is an ordinary token. Throws a CacheValidationError for a secret with a lone
   * surrogate, a CacheError if the cipher fails, and whatever `reveal` throws for a sealed secret that cannot be
   * opened.
   *
   * @example
   * ```ts
   * const token = new CredentialEncryptor().encrypt(Secret.of('hunter2'), {
   *   role: 'password',
   *   origin: 'http://198.51.100.7:8080',
   * });
   * ```
   */
  encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array {
    if (!Secret.isSecret(secret)) checkArgument('secret', secret, Kinds.secret);
    if (binding !== undefined) checkBinding(binding);
    const text = secret.reveal();
    if (text === '') return new Uint8Array(0);
    this.#warn?.();
    this.#warn = undefined;
    return binding === undefined ? this.#ring.seal(text) : this.#ring.sealFor(text, binding);
  }

  /**
   * Opens a token; zero bytes are the empty secret. Without a binding, a token opens wherever it belongs: use that only
   * to inspect tokens, not for credentials that are then sent to a proxy. Throws a CacheError with code
   * `CACHE_CREDENTIAL_UNREADABLE`.
   */
  decrypt(token: TokenInput, binding?: CredentialBinding): Secret {
    if (binding !== undefined) checkBinding(binding);
    if (token instanceof Uint8Array && token.byteLength === 0) return Secret.of('');
    const plaintext =
      binding === undefined ? this.#ring.open(token) : this.#ring.openAt(token, binding, this.#refuseUnlessHere);
    if (!isUtf8(plaintext)) throw unreadableToken('its content is not UTF-8');
    const secret = Secret.of(plaintext.toString('utf8'));
    plaintext.fill(0);
    return secret;
  }

  /**
   * Which key made the token, according to its MAC, wherever it belongs; `undefined` if no key did, and for zero bytes.
   */
  keyOf(token: TokenInput): TokenKey | undefined {
    const index = this.#ring.indexOf(token);
    return index === -1 ? undefined : index === 0 ? 'current' : 'previous';
  }

  readonly #refuseUnlessHere = (state: BindingState): void => {
    if (state === 'elsewhere') throw new CredentialUnreadableError('elsewhere');
    if (state === 'none' && this.#refusesForeign) throw new CredentialUnreadableError('refused');
  };

  /** The state of a token at a place. Costs one MAC, and one PRF if the token is bound. */
  stateOf(token: TokenInput, binding: CredentialBinding): TokenState {
    checkBinding(binding);
    const found = this.#ring.placeOf(token, binding);
    if (found === undefined) return 'unknown';
    if (found.state === 'elsewhere') return 'elsewhere';
    if (found.state === 'none') return this.#refusesForeign ? 'refused' : 'stale';
    return found.index === 0 ? 'current' : 'stale';
  }

  [INSPECT](): string {
    return `CredentialEncryptor(${this.#ring.keys.length} ${this.#ring.keys.length === 1 ? 'key' : 'keys'})`;
  }
}

/** All keys in order of precedence; an empty list if there are none. */
function collectKeys(options: CredentialEncryptorOptions, env: Environment): FernetKey[] {
  const { key, previousKeys = [] } = options;
  const given = key == null ? readKeyVariable(env, CURRENT_KEY_VARIABLE) : parseOption(key, 'key');
  const filed = options.keyFile === undefined ? undefined : fileKey(options.keyFile, options, given === undefined);
  const older = previousKeys.map((previous, i) => parseOption(previous, `previousKeys[${i}]`));
  return [given, filed, ...older, readKeyVariable(env, PREVIOUS_KEY_VARIABLE)].filter((found) => found !== undefined);
}

function fileKey(path: string, options: CredentialEncryptorOptions, isNeeded: boolean): FernetKey | undefined {
  checkKeyFilePlace(path, options.cachePlaces ?? {});
  const guard = new FileGuard({ checks: options.directoryChecks, logger: options.logger });
  return isNeeded ? makeKeyFile(path, guard) : readKeyFile(path, guard);
}

function parseOption(key: FernetKeyInput, option: string): FernetKey {
  return FernetKey.parse(key, `Invalid Fernet key in option ${option}`);
}

const isKeyLike = (value: unknown): boolean =>
  typeof value === 'string' || value instanceof Uint8Array || Secret.isSecret(value);
const KEY: ArgumentKind = Object.freeze({ wanted: 'must be a key: a string, a Secret or bytes', isRight: isKeyLike });
const KEYS: ArgumentKind = Object.freeze({
  wanted: 'must be a list of keys: strings, Secrets or bytes',
  isRight: (value: unknown) => Array.isArray(value) && value.findIndex((key) => !isKeyLike(key)) === -1,
});
const PLACES: ArgumentKind = Object.freeze({
  wanted: 'must be { directories, files }, lists of paths',
  isRight: (value: unknown) => problemsOfOptions(value, PLACE_LISTS).length === 0,
});
const PATHS: ArgumentKind = Object.freeze({
  wanted: 'must be a list of paths',
  isRight: (value: unknown) => Array.isArray(value) && value.findIndex((path) => !Kinds.path.isRight(path)) === -1,
});
const PLACE_LISTS: Readonly<Record<keyof CachePlaces, ArgumentKind>> = Object.freeze({
  directories: optional(PATHS),
  files: optional(PATHS),
});
const OPTIONS: Readonly<Record<keyof CredentialEncryptorOptions, ArgumentKind>> = Object.freeze({
  key: nullable(KEY),
  previousKeys: optional(KEYS),
  keyFile: optional(Kinds.path),
  cachePlaces: optional(PLACES),
  directoryChecks: optional(oneOf(DIRECTORY_CHECKS)),
  foreignTokens: optional(oneOf(['accept', 'refuse'])),
  env: optional(Kinds.object),
  logger: optional(Kinds.logger),
  clock: optional(Kinds.clock),
});

/** Refuses a key that is passed directly instead of in `{ key }`, among others: a random key would be used instead. */
function checkOptions(options: unknown): void {
  const what = 'CredentialEncryptor';
  checkOptionsObject(options, OPTIONS, { what, error: CacheConfigError });
}

function warnOfRandomKey(logger: Logger | undefined): void {
  const message =
    'no encryption key is set: credentials are sealed with a random key that is lost when this process ends, and every username ' +
    `and password stored from now on will be unreadable after a restart; set ${CURRENT_KEY_VARIABLE} to what ` +
    '`npx @pw/cache-cli generate-key` prints, or configure a key file';
  if (logger === undefined) process.emitWarning(message, { code: 'PW_CACHE_RANDOM_KEY' });
  else calmLogger(logger).warn({ variable: CURRENT_KEY_VARIABLE }, message);
}
