import { CacheEntry, type CacheEntryInput } from '@pw/cache-models';
import { expectRoundTrip } from '../assertions/round-trips.ts';
import { ALIKE, MEANINGFUL } from '../samples/hostile-strings.ts';
import { makeEntry } from '../samples/make-entry.ts';
import type { Check, CheckGroup } from './check.ts';

const STRINGS = [...new Set([...Object.values(ALIKE).flat(), ...MEANINGFUL])];

/** Strings that look like the output of a store or a cipher. */
const LOOKALIKES = [
  ...[
    'gAAAAABqHLsAAAECAwQFBgcICQoLDA0ODw==',
    'gAAAA.first.c2VjcmV0.nowhere.0123456789abcdef',
    'dGVzdA==',
    '**********',
    'enc:v1:abc',
  ],
  ...['2026-06-01T00:00:00Z', '2026-06-01T00:00:00.000000+00:00', '1780272000', '\\u0041', '\\n', '\\\\', '\\"', '%41'],
  ...['{"username":"x","key":"y"}', '[1,2]', 'data:text/plain;base64,eA==', '0x41', "X'41'", 'Infinity', '\u0000'],
];

/** An entry for each string, with the string in one field. */
function holding(field: keyof CacheEntryInput, texts: readonly string[]): CacheEntry[] {
  return texts.map((text, at) => makeEntry(`${field} ${at}`, { [field]: text } as Partial<CacheEntryInput>));
}

function check(what: string, entries: () => readonly CacheEntry[]): Check {
  return {
    name: `keeps ${what}`,
    rule: 'values',
    run: async (trial) => void (await expectRoundTrip(trial, entries())),
  };
}

const checks: Check[] = [
  check('an unusual string in a source or an error', () =>
    STRINGS.map((text, at) => makeEntry(`texts ${at}`, { source: text, lastHealthError: `${text}!` })),
  ),
  check('an unusual string in a username or a password', () =>
    STRINGS.map((text, at) => makeEntry(`secrets ${at}`, { username: text, password: `${text}!` })),
  ),
  check('a string that looks like one of its own encodings', () =>
    (['source', 'lastHealthError', 'username', 'password'] as const).flatMap((name) => holding(name, LOOKALIKES)),
  ),
  check('a URL that another program stored', () =>
    // CacheEntry.create refuses these, but entries from old files contain them and move between tiers.
    [
      'not a url',
      'HTTP://Upper.Example:80/path?query#part',
      'ftp://192.0.2.1',
      'http://käse.example:80',
      '',
      '"\n',
    ].map((proxyUrl, at) => CacheEntry.restore({ ...makeEntry(`url ${at}`).toFields(), proxyUrl })),
  ),
];

export const hostileValues: CheckGroup = { name: 'hostile values', checks: () => checks };
