import { MAX_KEY_BYTES } from '@pw/cache-models';
import type { Random } from '../../random.ts';
import { mutateLine } from './mutate-line.ts';

const NUMBERS = ['0', '-1', '1e999', '9007199254740993', '0.5', '-0'];
const SCALARS = ['null', 'true', 'false', '""', '"x"', '"\\ud800"', '"\\u0000"', '[]', '{}', ...NUMBERS];
const CONTROL = [
  '{"pw_deleted":"hostile","checksum":"00000000"}',
  '{"pw_moved":"hostile"}',
  '{"pw_deleted":[]}',
  '{"pw_shards":"x"}',
];
const BARE = [
  'null',
  '5',
  '"text"',
  'true',
  'NaN',
  '-',
  '\ufeff{}',
  '{}',
  '[]',
  '{"key":5}',
  '{"key":"hostile"}',
  '{"key":null,"checksum":1}',
];

/** A malicious line for a shard, made from well-formed `lines`. */
export function hostileLine(lines: readonly Buffer[], random: Random): Buffer {
  const line = random.pick(SHAPES)(random.pick(lines), random, lines);
  // A newline inside would make it two lines.
  return Buffer.from(line.map((byte) => (byte === 0x0a ? 0x20 : byte)));
}

type Shape = (line: Buffer, random: Random, lines: readonly Buffer[]) => Buffer;

const SHAPES: readonly Shape[] = [
  mutateLine,
  // Several mutations in a row.
  (line, random) =>
    Array.from({ length: 2 + random.below(6) }).reduce<Buffer>((bytes) => mutateLine(bytes, random), line),
  // The newline between two or more lines is lost; the lines may be mutated.
  (line, random, lines) =>
    Buffer.concat([line, Buffer.from(random.pick(['', ' ', '\0', '*'])), mutateLine(random.pick(lines), random)]),
  (_, random, lines) =>
    Buffer.concat(Array.from({ length: 2 + random.below(20) }, () => mutateLine(random.pick(lines), random))),
  (_, random) =>
    repeated(random, ['{"key":"', '{"key":"a"}', '{"key": "', '"checksum":"', '{"key":"a","checksum":"00000000"}']),
  (_, random) =>
    repeated(random, ['{', '}', '[', ']', '"', '\\', '{"a":', '[{', '\0', ' ', '\t', '\r', '\xff', 'é', '*']),
  (line, random) => member(line, random, deep(random)),
  (line, random) => member(line, random, random.pick(SCALARS)),
  (line, random) => member(line, random, JSON.stringify('x'.repeat(random.below(5000)))),
  (line, random) =>
    withKey(
      line,
      JSON.stringify(random.pick(['k', 'é', '漢', '\ud800', '\0']).repeat(1 + random.below(MAX_KEY_BYTES * 2))),
    ),
  (line, random) => withKey(line, random.pick(SCALARS)),
  (_, random) => Buffer.from(random.pick([...CONTROL, ...BARE])),
  (_, random) => Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256))),
  (line) =>
    Buffer.concat([line.subarray(0, -1), Buffer.from(',"key":"hostile","expires_at":"2999-01-01T00:00:00+00:00"}')]),
];

function repeated(random: Random, pieces: readonly string[]): Buffer {
  const piece = random.pick(pieces);
  return Buffer.from(piece.repeat(1 + random.below(random.percent(5) ? 4000 : 60)), 'latin1');
}

function deep(random: Random): string {
  const levels = 1 + random.below(random.percent(5) ? 20_000 : 100);
  return random.percent(50)
    ? '['.repeat(levels) + ']'.repeat(levels)
    : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;
}

/** The line with another JSON value for one of its members, or with a new member. */
function member(line: Buffer, random: Random, value: string): Buffer {
  const members = [...line.toString('latin1').matchAll(/"[a-z_]+":(?:"[^"]*"|[^,}]*)/g)];
  const found = random.percent(80) ? random.pick(members) : undefined;
  if (found === undefined) return Buffer.concat([line.subarray(0, -1), Buffer.from(`,"odd":${value}}`)]);
  const name = found[0].slice(0, found[0].indexOf(':'));
  const end = found.index + found[0].length;
  return Buffer.concat([line.subarray(0, found.index), Buffer.from(`${name}:${value}`), line.subarray(end)]);
}

function withKey(line: Buffer, key: string): Buffer {
  return Buffer.from(
    line.toString('latin1').replace(/^\{"key":"[^"]*"/, () => `{"key":${key}`),
    'latin1',
  );
}
