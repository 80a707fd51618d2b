import type { Random } from '../../random.ts';

const ODD = [
  '"',
  '{',
  '}',
  '[',
  ']',
  ',',
  ':',
  '\\',
  '\\u',
  '\\ud800',
  '\0',
  '\t',
  ' ',
  '1e999',
  '-',
  'null',
  'true',
].map((text) => Buffer.from(text));

/** A line with one to four random mutations: bytes changed, inserted, removed, doubled, or replaced by JSON syntax. */
export function mutateLine(line: Buffer, random: Random): Buffer {
  let mutated = line;
  for (let mutations = 1 + random.below(4); mutations > 0; mutations--) mutated = mutate(mutated, random);
  // A newline inside would make it two lines.
  return Buffer.from(mutated.map((byte) => (byte === 0x0a ? 0x20 : byte)));
}

function mutate(line: Buffer, random: Random): Buffer {
  const at = random.below(line.length + 1);
  const end = Math.min(line.length, at + random.below(40));
  const [before, cut, after] = [line.subarray(0, at), line.subarray(at, end), line.subarray(end)];
  switch (random.below(6)) {
    case 0:
      return Buffer.concat([before, Buffer.from([random.below(256)]), line.subarray(Math.min(line.length, at + 1))]);
    case 1:
      return Buffer.concat([before, random.pick(ODD), line.subarray(at)]);
    case 2:
      return Buffer.concat([before, after]);
    case 3:
      return Buffer.concat([before, cut, cut, after]);
    case 4:
      return random.percent(20) ? Buffer.from(before) : Buffer.concat([before, random.pick(ODD), after]);
    default:
      return Buffer.concat([after, before]);
  }
}
