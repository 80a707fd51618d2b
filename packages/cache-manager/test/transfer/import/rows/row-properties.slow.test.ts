import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { warmFromFile } from '../../../../src/transfer/import/index.ts';
import { MapTarget } from '../../../support/import-target.ts';
import { type Endpoint, endpoint, type Names, names, plainEndpoint } from './row-arbitraries.ts';

type Format = 'csv' | 'json' | 'jsonl';

function importer(): (format: Format, text: string) => Promise<MapTarget> {
  const dir = makeTempDir(onTestFinished);
  return async (format, text) => {
    const path = join(dir, `rows.${format}`);
    writeFileSync(path, text);
    const target = new MapTarget();
    await warmFromFile(target, path);
    return target;
  };
}

const asRead = (target: MapTarget) =>
  [...target.map.values()].map(({ proxyUrl, username, password }) => {
    return [proxyUrl, username?.reveal() ?? null, password?.reveal() ?? null];
  });
const asKnown = ({ scheme, host, port, username, password }: Endpoint) => [
  `${scheme}://${host}:${port}`,
  username,
  password,
];

/** Endpoints with different hosts, so that each becomes an entry. */
const endpoints = (of: fc.Arbitrary<Endpoint>) =>
  fc.uniqueArray(of, { minLength: 1, maxLength: 4, selector: ({ host }) => host });

const delimiter = fc.constantFrom(',', ';', '\t', '|');
/** A cell, in quotes if necessary or if `isQuoted`. */
const cellOf = (text: string, by: string, isQuoted: boolean): string =>
  isQuoted || text.includes(by) || /^\s|\s$|^"|["\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const PARTS = ['host', 'port', 'scheme', 'username', 'password'] as const;
type Part = (typeof PARTS)[number];
const order = fc.shuffledSubarray([...PARTS], { minLength: PARTS.length });

/** A table, with blanks and quotes at random. */
function tableOf(
  rows: readonly Endpoint[],
  header: Names | undefined,
  parts: readonly Part[],
  by: string,
  dice: readonly boolean[],
) {
  let thrown = 0;
  const throwDie = () => dice[thrown++ % dice.length]!;
  const blank = by === '\t' ? '' : ' ';
  const line = (texts: readonly string[]) =>
    texts.map((text) => `${throwDie() ? blank : ''}${cellOf(text, by, throwDie())}`).join(by);
  const lines = rows.map((row) => line(parts.map((part) => String(row[part]))));
  return [...(header === undefined ? [] : [line(parts.map((part) => header[part]))]), ...lines].join('\n');
}

const dice = fc.array(fc.boolean(), { minLength: 1, maxLength: 13 });

describe('a proxy with credentials', () => {
  it('is read from a table with any names, order, delimiter and quotes', async () => {
    const read = importer();
    await fc.assert(
      fc.asyncProperty(endpoints(endpoint), names, order, delimiter, dice, async (rows, header, parts, by, thrown) => {
        const target = await read('csv', tableOf(rows, header, parts, by, thrown));
        expect(asRead(target)).toEqual(rows.map(asKnown));
      }),
      { numRuns: 400 },
    );
  });

  it('is read from a table without a header', async () => {
    const read = importer();
    const orders = fc.constantFrom<readonly Part[]>(
      ['host', 'port', 'username', 'password', 'scheme'],
      ['scheme', 'host', 'port', 'username', 'password'],
      ['username', 'password', 'host', 'port', 'scheme'],
      ['host', 'port', 'scheme', 'username', 'password'],
    );
    // Two words with capitals may be a city and a provider.
    const lowerCase = plainEndpoint.map((found) => ({ ...found, username: found.username.toLowerCase() }));
    await fc.assert(
      fc.asyncProperty(endpoints(lowerCase), orders, delimiter, dice, async (rows, parts, by, thrown) => {
        const target = await read('csv', tableOf(rows, undefined, parts, by, thrown));
        expect(asRead(target)).toEqual(rows.map(asKnown));
      }),
      { numRuns: 300 },
    );
  });

  it('is read from JSON of any form with any names', async () => {
    const read = importer();
    const shape = fc.constantFrom(
      'array',
      'proxies',
      'data',
      'nested',
      'other',
      'by scheme',
      'by address',
      'by id',
      'lines',
      'list of lines',
    );
    await fc.assert(
      fc.asyncProperty(endpoints(endpoint), names, shape, fc.boolean(), async (rows, member, kind, isNumber) => {
        const objects = rows.map(({ scheme, host, port, username, password }) => ({
          [member.host]: host,
          [member.port]: isNumber ? port : String(port),
          [member.username]: username,
          [member.password]: password,
          ...(kind === 'by scheme' ? {} : { [member.scheme]: scheme }),
        }));
        const bySchemes = ['http', 'socks4', 'socks5'].map((scheme) => [
          scheme,
          objects.filter((_, i) => rows[i]!.scheme === scheme),
        ]);
        const texts: Record<string, unknown> = {
          array: objects,
          proxies: { count: 1, proxies: objects },
          data: { data: objects, page: 1 },
          nested: { response: { data: objects } },
          other: { whatever: objects, tags: ['a', 'b'] },
          'by scheme': Object.fromEntries(bySchemes),
          'by address': Object.fromEntries(objects.map((row, i) => [`${rows[i]!.host}:${rows[i]!.port}`, row])),
          'by id': { list: Object.fromEntries(objects.map((row, i) => [String(i), row])) },
        };
        const lines = objects.map((row) => JSON.stringify(row));
        const target =
          kind === 'lines'
            ? await read('jsonl', lines.join('\n'))
            : kind === 'list of lines'
              ? await read('jsonl', `[\n${lines.join(',\n')},\n]\n`)
              : await read('json', JSON.stringify(texts[kind]));
        expect(asRead(target).sort()).toEqual(rows.map(asKnown).sort());
      }),
      { numRuns: 400 },
    );
  });
});

/** Drops, inserts or doubles a character, or cuts out three, anywhere after the header. */
const mutation = fc.record({
  at: fc.nat(10_000),
  kind: fc.constantFrom('drop', 'insert', 'double', 'cut'),
  char: fc.constantFrom(...Array.from(',;|\t "\n:@/')),
});
type Mutation = typeof mutation extends fc.Arbitrary<infer T> ? T : never;

function mutated(text: string, from: number, mutations: readonly Mutation[]): string {
  return mutations.reduce((before, { at, kind, char }) => {
    const place = from + (at % Math.max(1, before.length - from));
    const [head, tail] = [before.slice(0, place), before.slice(place)];
    if (kind === 'drop') return head + tail.slice(1);
    if (kind === 'insert') return head + char + tail;
    return kind === 'double' ? head + tail.slice(0, 1) + tail : head + tail.slice(3);
  }, text);
}

/** Expects no letter of a credential in a host, and no digits of a host in a credential. */
function expectNoMixture(target: MapTarget): void {
  for (const [url, username, password] of asRead(target)) {
    // The digits of an IPv4 address may become those of an IPv6 address.
    expect(url!.replace(/^[a-z\d]+:\/\//, '')).toMatch(/^(?:[\d.:]+|\[[\da-f:]+\]:\d+)$/);
    for (const text of [username, password]) if (text !== null) expect(text).not.toMatch(/198\.18|\d{3}\.\d/);
  }
}

describe('a damaged row', () => {
  const mutations = fc.array(mutation, { minLength: 1, maxLength: 4 });

  it.each([true, false])(
    'never turns a credential into a host or a host into a credential, in a table (header: %s)',
    async (hasHeader) => {
      const read = importer();
      const usual = fc.constantFrom<readonly Part[]>(
        ['host', 'port', 'username', 'password', 'scheme'],
        ['scheme', 'host', 'port', 'username', 'password'],
        ['username', 'password', 'host', 'port', 'scheme'],
      );
      await fc.assert(
        fc.asyncProperty(
          endpoints(plainEndpoint),
          names,
          usual,
          delimiter,
          dice,
          mutations,
          async (rows, header, parts, by, thrown, changes) => {
            const text = tableOf(rows, hasHeader ? header : undefined, parts, by, thrown);
            expectNoMixture(await read('csv', mutated(text, hasHeader ? text.indexOf('\n') + 1 : 0, changes)));
          },
        ),
        { numRuns: 600 },
      );
    },
  );

  it('never turns a credential into a host or a host into a credential, in JSON Lines', async () => {
    const read = importer();
    await fc.assert(
      fc.asyncProperty(endpoints(plainEndpoint), mutations, async (rows, changes) => {
        const texts = rows.map(({ host, port, username, password }, i) =>
          i % 2 === 0
            ? `${host}:${port}:${username}:${password}`
            : { proxy: `${username}:${password}@${host}:${port}` },
        );
        const text = texts.map((row) => JSON.stringify(row)).join('\n');
        expectNoMixture(await read('jsonl', mutated(text, 0, changes)));
      }),
      { numRuns: 600 },
    );
  });
});
