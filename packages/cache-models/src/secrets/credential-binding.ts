import { type ArgumentKind, Kinds } from '../arguments/argument-kinds.ts';
import { checkArgument } from '../arguments/check-argument.ts';

/** Which of an entry's credentials a token contains. */
export type CredentialRole = 'username' | 'password';
/** What a token contains: a credential, or the identity key of a cache (see `docs/decisions/key-identity.md`). */
export type SealedRole = CredentialRole | 'identity-key';

const ROLES: ReadonlySet<unknown> = new Set<SealedRole>(['username', 'password', 'identity-key']);

/**
 * What a sealed credential belongs to. A cipher that supports binding makes it part of the token: moved to another role
 * or proxy, the token does not open.
 */
export interface CredentialBinding {
  readonly role: SealedRole;
  /** `scheme://host:port` in canonical form; for a URL that does not parse, the URL itself. See {@link originOf}. */
  readonly origin: string;
}

const BINDING: ArgumentKind = Object.freeze({
  wanted: 'must be { role: "username", "password" or "identity-key", origin: a string }',
  isRight: (value: unknown) => Kinds.object.isRight(value) && isBinding(value as CredentialBinding),
});

/**
 * Throws a CacheValidationError for a wrong binding: in plain JavaScript a misspelt role would silently bind to
 * something else.
 */
export function checkBinding(binding: CredentialBinding): void {
  if (typeof binding !== 'object' || binding === null || !isBinding(binding))
    checkArgument('binding', binding, BINDING);
}

function isBinding({ role, origin }: CredentialBinding): boolean {
  return ROLES.has(role) && typeof origin === 'string';
}
