import { CredentialEncryptor, generateKey } from '@pw/cache-crypto';
import { Secret } from '@pw/cache-models';
import { atMost, timesFaster } from '../figures/goal.ts';
import { bareBinding, bareBindingCalls, bareKeys, bareOpenCalls, bareSealCalls } from '../floors/bare-crypto.ts';
import type { Scenario } from '../run/scenario.ts';

const OURS = 'CredentialEncryptor';
const BARE = 'bare node:crypto calls';
const NPM = 'npm fernet';
const GOALS = [atMost(OURS, 1.2, BARE), timesFaster(OURS, 7, NPM)];
const TEXT = 'sixteen bytes :)';
const key = generateKey();

export const cryptoSeal: Scenario = {
  name: 'crypto-seal',
  about: 'Sealing a secret of 16 bytes as a Fernet token.',
  goals: GOALS,
  why: 'Ours takes its initialisation vectors from a pool, while the bare calls request 16 random bytes each time.',
  setUp: async () => {
    const encryptor = new CredentialEncryptor({ key, env: {} });
    const secret = Secret.of(TEXT);
    const keys = bareKeys(key);
    const { default: fernet } = await import('fernet');
    const npmSecret = new fernet.Secret(key);
    return {
      expected: TEXT,
      finds: 'value',
      contenders: [
        {
          name: OURS,
          role: 'ours',
          run: () => encryptor.encrypt(secret),
          answer: () => encryptor.decrypt(encryptor.encrypt(secret)).reveal(),
        },
        {
          name: BARE,
          role: 'floor',
          run: () => bareSealCalls(keys, TEXT),
          answer: () => bareOpenCalls(keys, bareSealCalls(keys, TEXT)),
        },
        {
          name: NPM,
          role: 'peer',
          run: () => new fernet.Token({ secret: npmSecret, ttl: 0 }).encode(TEXT),
          answer: () => {
            const token = new fernet.Token({ secret: npmSecret, ttl: 0 }).encode(TEXT);
            return encryptor.decrypt(Buffer.from(token)).reveal();
          },
        },
      ],
    };
  },
};

export const cryptoOpen: Scenario = {
  name: 'crypto-open',
  about: 'Opening the Fernet token of a secret of 16 bytes.',
  goals: GOALS,
  setUp: async () => {
    const encryptor = new CredentialEncryptor({ key, env: {} });
    const token = encryptor.encrypt(Secret.of(TEXT));
    const keys = bareKeys(key);
    const sealed = bareSealCalls(keys, TEXT);
    const { default: fernet } = await import('fernet');
    const npmSecret = new fernet.Secret(key);
    const tokenText = Buffer.from(token).toString('latin1');
    return {
      expected: TEXT,
      finds: 'value',
      contenders: [
        {
          name: OURS,
          role: 'ours',
          run: () => encryptor.decrypt(token).reveal(),
          answer: () => encryptor.decrypt(token).reveal(),
        },
        {
          name: BARE,
          role: 'floor',
          run: () => bareOpenCalls(keys, sealed),
          answer: () => bareOpenCalls(keys, sealed),
        },
        {
          name: NPM,
          role: 'peer',
          run: () => new fernet.Token({ secret: npmSecret, ttl: 0, token: tokenText }).decode(),
          answer: () => new fernet.Token({ secret: npmSecret, ttl: 0, token: tokenText }).decode(),
        },
      ],
    };
  },
};

export const cryptoBinding: Scenario = {
  name: 'crypto-binding',
  about: 'Checking that the two credentials of an entry belong to its proxy: their cost in a read from disk.',
  goals: [atMost(OURS, 1.2, BARE)],
  setUp: async () => {
    const encryptor = new CredentialEncryptor({ key, env: {} });
    const binding = bareBinding(key);
    // More than the cache of verified tokens has room for, so that each is checked again.
    const origins = Array.from({ length: 16_384 }, (_, n) => `http://gate-${n}.example.com:22225`);
    const pairs = origins.map((origin) => {
      const places = [{ role: 'username', origin } as const, { role: 'password', origin } as const];
      return places.map((place) => ({ place, token: encryptor.encrypt(Secret.of(TEXT), place) }));
    });
    const sealed = [bareSealCalls(binding.keys, TEXT), bareSealCalls(binding.keys, TEXT)];
    const states = (i: number) => pairs[i % pairs.length]!.map(({ place, token }) => encryptor.stateOf(token, place));
    const bare = (i: number) => bareBindingCalls(binding, sealed, origins[i % origins.length]!);
    return {
      expected: 'sound',
      finds: 'value',
      contenders: [
        {
          name: OURS,
          role: 'ours',
          run: states,
          answer: () => (states(0).every((state) => state === 'current') ? 'sound' : 'moved'),
        },
        { name: BARE, role: 'floor', run: bare, answer: () => (bare(0) === 64 ? 'sound' : 'moved') },
      ],
    };
  },
};
