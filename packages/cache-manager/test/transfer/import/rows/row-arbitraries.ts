import fc from 'fast-check';
import { MEMBER_TABLE, type RowField } from '../../../../src/transfer/import/rows/members/member-table.ts';

/** A proxy, before it is written to a file. */
export interface Endpoint {
  readonly scheme: 'http' | 'socks4' | 'socks5';
  readonly host: string;
  readonly port: number;
  readonly username: string;
  readonly password: string;
}

/** Hosts consist of digits, so that no credential resembles one. */
const HOST = fc.tuple(fc.nat(254), fc.nat(254)).map(([a, b]) => `198.18.${a}.${b}`);
/** Letters that occur in no host, scheme or port, and in no name of the table. */
const LETTERS = 'qwxzQWXZ';

const credential = (others: string) =>
  fc
    .tuple(
      fc.constantFrom(...Array.from(LETTERS)),
      fc.string({ unit: fc.constantFrom(...Array.from(LETTERS), ...others), minLength: 1, maxLength: 10 }),
      fc.constantFrom(...Array.from(LETTERS)),
    )
    .map((parts) => parts.join(''));

const endpointOf = (others: string): fc.Arbitrary<Endpoint> =>
  fc.record({
    scheme: fc.constantFrom('http' as const, 'socks4' as const, 'socks5' as const),
    host: HOST,
    port: fc.integer({ min: 1, max: 65535 }),
    username: credential(others),
    password: credential(others),
  });

/** Credentials have any characters that may be in a file, including its delimiters. */
export const endpoint = endpointOf('ÄжЖ ,;|\t"\'\\:@#%$/=');
/** Credentials consist of these letters only, so that any of them shows where a credential is. */
export const plainEndpoint = endpointOf('');

/** A name of the table for a field, in any of the equivalent spellings. */
const nameOf = (field: RowField): fc.Arbitrary<string> =>
  fc
    .tuple(
      fc.constantFrom(...MEMBER_TABLE.filter((meaning) => meaning.field === field).flatMap(({ names }) => names)),
      fc.constantFrom('_', '-', ' ', ''),
      fc.constantFrom('lower', 'upper', 'camel'),
    )
    .map(([words, by, letters]) => {
      if (letters === 'upper') return words.toUpperCase().replaceAll(' ', by);
      if (letters === 'lower') return words.replaceAll(' ', by);
      return words.replace(/ (.)/g, (_, letter: string) => letter.toUpperCase());
    });

/** The names of the columns or members of a row, one for each of its parts. */
export const names = fc.record({
  host: nameOf('host'),
  port: nameOf('port'),
  scheme: nameOf('scheme'),
  username: nameOf('username'),
  password: nameOf('password'),
});
export type Names = typeof names extends fc.Arbitrary<infer T> ? T : never;
