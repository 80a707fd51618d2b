import {
  type CacheEntry,
  type CredentialBinding,
  type CredentialCipher,
  type CredentialRole,
  Secret,
  type TokenState,
} from '@pw/cache-models';
import { TestCipher } from '../doubles/test-cipher.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { Trial } from '../trial/trial.ts';
import type { Check, CheckGroup } from './check.ts';

const GATE = 'http://gate.example:22225';
const EVIL = 'http://evil.example:8080';
const USERNAME: CredentialBinding = { role: 'username', origin: GATE };
const PASSWORD: CredentialBinding = { role: 'password', origin: GATE };

const customer = (key: string): CacheEntry =>
  makeEntry(key, { proxyUrl: GATE, username: 'customer', password: `of-${key}` });

/** A test cipher that records the bindings passed to it. */
class WatchedCipher extends TestCipher {
  readonly sealedFor: (CredentialBinding | undefined)[] = [];
  readonly askedFor: (CredentialBinding | undefined)[] = [];

  override encrypt(secret: Secret, binding?: CredentialBinding): Uint8Array {
    this.sealedFor.push(binding);
    return super.encrypt(secret, binding);
  }
  override decrypt(token: Uint8Array, binding?: CredentialBinding): Secret {
    this.askedFor.push(binding);
    return super.decrypt(token, binding);
  }
  override stateOf(token: Uint8Array, binding: CredentialBinding): TokenState {
    this.askedFor.push(binding);
    return super.stateOf(token, binding);
  }
}

/** Returns stolen tokens instead of sealing, so that the tier itself writes them into a store that looks intact. */
function thiefWith(tokens: Readonly<Record<CredentialRole, Uint8Array>>): CredentialCipher {
  let next: CredentialRole = 'username';
  return {
    encrypt: (_secret, binding) => {
      const role = binding?.role === 'password' || binding?.role === 'username' ? binding.role : next;
      next = role === 'username' ? 'password' : 'username';
      return tokens[role];
    },
    decrypt: () => Secret.of('stolen'),
    stateOf: () => 'current',
  };
}

async function expectUnreadable(
  trial: Trial,
  what: string,
  written: CacheEntry,
  thief: CredentialCipher,
): Promise<void> {
  await (await trial.tierWith([written], { cipher: thief })).close();
  const tier = await trial.tier();
  trial.same(`get of ${what}`, await tier.get(written.key), undefined);
  trial.same(`getMany of ${what}`, [...(await tier.getMany([written.key])).keys()], []);
  trial.same('keys of entries()', await tier.entries(), []);
  trial.holds(
    'statistics.undecryptable afterwards',
    tier.statistics.undecryptable >= 2,
    '2 or more',
    tier.statistics.undecryptable,
  );
  trial.same('statistics.evictionsCorruption', tier.statistics.evictionsCorruption, 0, 'statistics');
  trial.same('enabled', tier.enabled, true);
  await tier.close();
}

const persistent: Check[] = [
  {
    name: 'opens credentials only for the proxy that they were sealed for',
    rule: 'binding',
    run: async (trial) => {
      const tokens = {
        username: trial.cipher.encrypt(Secret.of('customer'), USERNAME),
        password: trial.cipher.encrypt(Secret.of('of-a'), PASSWORD),
      };
      const moved = makeEntry('a', { proxyUrl: EVIL, username: 'x', password: 'x' });
      await expectUnreadable(trial, 'an entry of another proxy with these tokens', moved, thiefWith(tokens));
      // The tokens are not damaged: at their own proxy they open.
      await (await trial.tierWith([customer('a')], { cipher: thiefWith(tokens) })).close();
      trial.sameEntry('get of the entry at its own proxy', await (await trial.tier()).get('a'), customer('a'));
    },
  },
  {
    name: 'opens a token only in the role that it was sealed for',
    rule: 'binding',
    run: async (trial) => {
      const password = trial.cipher.encrypt(Secret.of('of-a'), PASSWORD);
      await expectUnreadable(
        trial,
        'an entry with exchanged tokens',
        customer('a'),
        thiefWith({ username: password, password }),
      );
    },
  },
  {
    name: 'passes the proxy and the role to the cipher when it seals and opens',
    rule: 'binding',
    run: async (trial) => {
      const cipher = new WatchedCipher();
      const tier = await trial.tierWith([customer('a')], { cipher });
      await tier.putMany([customer('b'), customer('c')]);
      trial.sameSet('bindings used to seal', names(cipher.sealedFor), names([USERNAME, PASSWORD]));
      await tier.put(customer('a').with({ proxyUrl: EVIL }));
      await tier.close();
      const reader = new WatchedCipher();
      const again = await trial.tier({ cipher: reader });
      const entry = await again.get('b');
      trial.same('the password read', entry?.password?.reveal(), 'of-b', 'fields');
      trial.holds('bindings used to open', reader.askedFor.length > 0, 'one or more', 0);
      const others = names(reader.askedFor).filter((name) => !name.endsWith(GATE) && !name.endsWith(EVIL));
      trial.same('bindings used to open that belong to no entry', others, []);
      trial.same('the password at its new proxy', (await again.get('a'))?.password?.reveal(), 'of-a', 'fields');
    },
  },
];

function names(bindings: readonly (CredentialBinding | undefined)[]): string[] {
  return [...new Set(bindings.map((binding) => `${binding?.role} at ${binding?.origin}`))];
}

export const binding: CheckGroup = {
  name: 'binding',
  checks: ({ capabilities }) => (capabilities.persistent ? persistent : []),
};
