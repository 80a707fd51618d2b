import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readLine } from '../../../../src/transfer/import/list/read-line.ts';
import { type Endpoint, endpoints, SHAPES, type Shape } from '../../../support/list-lines.ts';

const OPTIONS = { defaultScheme: 'http', bareNames: false } as const;
const read = (line: string) => [...readLine(line, OPTIONS)].filter((result) => result !== undefined);

const found = (line: string) =>
  read(line).map((result) =>
    result.ok ? [result.value.url, result.value.username, result.value.password] : result.reason,
  );
const expected = ({ scheme, host, port, user }: Endpoint) => [
  `${scheme}://${host}:${port}`,
  user?.name ?? null,
  user?.password ?? null,
];

const shapes = (mustCombine = false): fc.Arbitrary<Shape> =>
  fc.constantFrom(...SHAPES.filter((shape) => shape.isCombinable || !mustCombine));

describe('an endpoint in a list', () => {
  it('is read from any of its forms', () => {
    fc.assert(
      fc.property(endpoints({ awkward: true }), shapes(), (endpoint, { write }) => {
        const line = write(endpoint);
        fc.pre(line !== undefined);
        expect(found(line)).toEqual([expected(endpoint)]);
      }),
      { numRuns: 3000 },
    );
  });

  it('is read from any two forms on one line', () => {
    const part = fc.tuple(endpoints({ awkward: true }), shapes(true));
    const separators = fc.constantFrom(' ', ',', ';', '|', '\t', ', ', ' | ', '; ');
    fc.assert(
      fc.property(part, part, separators, ([first, one], [second, other], separator) => {
        const lines = [one.write(first), other.write(second)];
        fc.pre(!lines.includes(undefined));
        expect(found(lines.join(separator))).toEqual([expected(first), expected(second)]);
      }),
      { numRuns: 3000 },
    );
  });
});

type Edit = readonly [at: number, kind: 'delete' | 'insert' | 'replace', sign: string];

// `@` is not among them: a second `@` is valid, because the last one counts in any URL.
const signs = fc.constantFrom(...Array.from(' \t:,;|#"\'[]()/-=%.\\\u00a0\u200b'));
const edit = (...kinds: Edit[1][]): fc.Arbitrary<Edit> => fc.tuple(fc.nat(200), fc.constantFrom(...kinds), signs);

/** The parts of a host that is split twice look like a user, a password and a host: `gate:aaa.:bbb.de:80`. */
const splitsTwice = (all: readonly Edit[]): boolean => all.filter(([, , sign]) => sign === ':').length > 1;

/** Excludes edits that move a separator or split a host twice, because they cannot be detected. */
const edits: fc.Arbitrary<readonly Edit[]> = fc.oneof(
  fc.array(edit('insert'), { minLength: 1, maxLength: 3 }).filter((all) => !splitsTwice(all)),
  edit('delete', 'replace').map((one) => [one]),
);

function edited(line: string, [at, kind, sign]: Edit): string {
  const i = at % line.length;
  return line.slice(0, i) + (kind === 'delete' ? '' : sign) + line.slice(kind === 'insert' ? i : i + 1);
}

describe('a damaged line', () => {
  it('never turns a credential into a host or a host into a credential, and quotes neither', () => {
    const part = fc.tuple(endpoints({ awkward: false }), shapes());
    fc.assert(
      fc.property(part, fc.option(part, { nil: undefined }), edits, ([first, shape], other, changes) => {
        const lines = [shape.write(first), shape.isCombinable ? other?.[1].write(other[0]) : undefined].filter(
          (line) => line !== undefined,
        );
        fc.pre(lines.length > 0);
        // If the space between the endpoints is removed or replaced, the second host becomes the end of the first
        // password.
        const joint = lines.length === 2 ? lines[0]!.length : -1;
        const length = lines.join(' ').length;
        fc.pre(changes.every(([at, kind]) => kind === 'insert' || at % length !== joint));
        const line = changes.reduce((text, change) => (text === '' ? text : edited(text, change)), lines.join(' '));
        for (const result of read(line.trim())) {
          if (!result.ok) {
            expect(result.reason).not.toMatch(/[QXZ]{3}|198\.18/);
            continue;
          }
          const { url, username, password } = result.value;
          expect(url).not.toMatch(/:\/\/.*[qxz]/);
          expect(`${username} ${password}`).not.toMatch(/198\.18|gate|2001|localhost/);
        }
      }),
      { numRuns: 10_000 },
    );
  });
});
