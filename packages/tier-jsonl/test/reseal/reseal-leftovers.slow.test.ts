import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type CredentialCipher, entryToRecord, Secret } from '@pw/cache-models';
import type { ResealCounts } from '@pw/cache-models/tier';
import { ManualClock, makeTempDir } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { JsonlCacheTier } from '../../src/index.ts';
import { linePieces } from '../../src/reseal/line-pieces.ts';
import { makeEntry, newDirectory } from '../support/tiers.ts';

const [OLD, NEW, LOST] = [new TestCipher('old'), new TestCipher('new'), new TestCipher('lost')];
const BOTH = new TestCipher('new', 'old');
/** The part of a token that depends on its key and text only, not on its proxy, in hex. */
const hex = (cipher: CredentialCipher, text: string) => {
  const [kind, key, body] = Buffer.from(cipher.encrypt(Secret.of(text)))
    .toString()
    .split('.');
  return Buffer.from(`${kind}.${key}.${body}.`).toString('hex');
};
const secret = (n: number, password = `pass-${n}`) => makeEntry(`k${n}`, { username: 'ann', password });
const many = (count: number) => Array.from({ length: count }, (_, n) => secret(n));
const line = (n: number, cipher: CredentialCipher = OLD) => JSON.stringify(entryToRecord(secret(n), cipher));

function open(directory: string, cipher: CredentialCipher): JsonlCacheTier {
  const tier = new JsonlCacheTier({ directory, cipher, clock: new ManualClock(), numShards: 1 });
  onTestFinished(() => tier.close());
  return tier;
}

async function reseal(tier: JsonlCacheTier, batchSize = 100): Promise<Required<ResealCounts>> {
  const sum = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, misplaced: 0, inQuarantine: 0 };
  for await (const counts of tier.reseal(batchSize)) {
    sum.reencrypted += counts.reencrypted;
    sum.alreadyCurrent += counts.alreadyCurrent;
    sum.unreadable += counts.unreadable;
    sum.misplaced += counts.misplaced ?? 0;
    sum.inQuarantine += counts.inQuarantine ?? 0;
  }
  return sum;
}

/** A closed directory of one shard, sealed with the old key. */
async function written(count = 10) {
  const directory = newDirectory();
  const tier = open(directory, OLD);
  await tier.putMany(many(count));
  await tier.close();
  const folder = join(directory, 'quarantine');
  const quarantine = (text: string | Buffer, name = 'shard_00.jsonl') => {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  return { directory, shard: join(directory, 'shard_00.jsonl'), quarantine };
}

const NOTHING = { reencrypted: 0, alreadyCurrent: 0, unreadable: 0, misplaced: 0, inQuarantine: 0 };

describe('the quarantine, during a re-encryption', () => {
  it('is sealed again in place, with every other byte unchanged', async () => {
    const { directory, quarantine } = await written();
    const long = Buffer.alloc(1_500_000, 'long ');
    const others = ['{"a":1}', '', 'no JSON \r', '\ufeff{"b"', Buffer.from([0xff, 0xfe]).toString('latin1')];
    const text = (cipher: CredentialCipher) =>
      Buffer.concat([
        Buffer.from(`${others.join('\n')}\n${line(1, cipher)}\n`, 'latin1'),
        long,
        Buffer.from(`\n${line(2, cipher)}${line(3, cipher)}\n${line(4, NEW)}\nno newline`),
      ]);
    const path = quarantine(text(OLD));
    const inode = statSync(path).ino;
    const tier = open(directory, BOTH);
    expect(await reseal(tier)).toEqual({ ...NOTHING, reencrypted: 10 });
    expect(readFileSync(path).equals(text(NEW))).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(path).ino).not.toBe(inode);
    expect(readdirSync(join(directory, 'quarantine'))).toEqual(['shard_00.jsonl']);
    // Nothing to do: the file is not rewritten.
    const again = statSync(path).ino;
    expect(await reseal(tier)).toEqual({ ...NOTHING, alreadyCurrent: 10 });
    expect(statSync(path).ino).toBe(again);
  });

  it('reports the number of lines with a token that no key opens, or that could not be checked', async () => {
    const { directory, quarantine } = await written();
    const huge = Buffer.alloc(900_000, 'x');
    huge.write('"username_encrypted":"', 524_280);
    quarantine(Buffer.concat([Buffer.from(`${line(1, LOST)}\n${line(2)}\n`), huge, Buffer.from('\n{"x":1}\n'), huge]));
    quarantine(`${line(3, LOST)}\n`, 'of-somebody-else.jsonl');
    symlinkSync('/dev/zero', join(directory, 'quarantine', 'shard_01.jsonl'));
    expect(await reseal(open(directory, BOTH))).toEqual({ ...NOTHING, reencrypted: 10, inQuarantine: 4 });
  });

  it('keeps lines that are set aside in the meantime', async () => {
    const { directory, quarantine } = await written(200);
    const path = quarantine(`${line(1)}\n`.repeat(2000));
    const [resealing, other] = [open(directory, BOTH), open(directory, BOTH)];
    await Promise.all([resealing.open(), other.open()]);
    const shard = join(directory, 'shard_00.jsonl');
    const done = reseal(resealing, 10);
    for (let n = 0; n < 20; n++) {
      writeFileSync(shard, `damaged ${n} ${hex(OLD, 'x')}\n`, { flag: 'a' });
      await other.put(`n${n}`, makeEntry(`n${n}`));
    }
    await done;
    const lines = readFileSync(path, 'utf8').split('\n');
    expect(lines.filter((text) => text === line(1, NEW))).toHaveLength(2000);
    for (let n = 0; n < 20; n++) expect(lines.filter((text) => text.startsWith(`damaged ${n} `))).toHaveLength(1);
  });

  it('loses the unfinished copy that a crash left', async () => {
    const { directory, quarantine } = await written();
    const temporary = quarantine(line(1), 'shard_00.jsonl.pw-0123456789ab.tmp');
    const beside = join(directory, 'shard_00.jsonl.pw-0123456789ab.tmp');
    const tier = open(directory, BOTH);
    await tier.open();
    writeFileSync(beside, line(1));
    expect(await reseal(tier)).toEqual({ ...NOTHING, reencrypted: 10 });
    expect(existsSync(temporary)).toBe(false);
    expect(existsSync(beside)).toBe(false);
  });
});

describe('a shard, during a re-encryption', () => {
  it('loses older lines even if all current ones were sealed before', async () => {
    const { directory, shard } = await written();
    const cut = open(directory, BOTH);
    // Interrupted before the older lines are dropped.
    for await (const { reencrypted } of cut.reseal(10)) if (reencrypted === 10) break;
    await cut.close();
    expect(readFileSync(shard, 'latin1')).toContain(hex(OLD, 'pass-1'));
    const tier = open(directory, BOTH);
    expect(await reseal(tier)).toEqual({ ...NOTHING, alreadyCurrent: 10 });
    await tier.close();
    expect(readFileSync(shard, 'latin1')).not.toContain(hex(OLD, 'ann'));
  });

  it('sets unreadable records, damaged lines and a torn tail aside, and seals them there', async () => {
    const { directory, shard } = await written();
    const { fetch_time: _, ...incomplete } = entryToRecord(secret(20), OLD);
    const torn = line(21).slice(0, -12);
    writeFileSync(shard, `${JSON.stringify(incomplete)}\nrotten ${line(22)}\n${torn}`, { flag: 'a' });
    const tier = open(directory, BOTH);
    const counts = await reseal(tier);
    // One token lacks its end, so it is counted.
    expect(counts).toEqual({ ...NOTHING, reencrypted: 10, inQuarantine: 1 });
    expect(tier.statistics.evictionsCorruption).toBe(3);
    await tier.close();
    for (const path of [shard, join(directory, 'quarantine', 'shard_00.jsonl')]) {
      const text = readFileSync(path, 'latin1');
      for (const n of [20, 22]) expect(text).not.toContain(hex(OLD, `pass-${n}`));
      expect(text).not.toContain(hex(OLD, 'ann'));
    }
  });

  it('is counted if it has foreign lines with tokens, or ProxyWhirl is rewriting it', async () => {
    const { directory, shard } = await written();
    writeFileSync(shard, `["${hex(OLD, 'x')}", "x_encrypted"]\n["nothing"]\n`, { flag: 'a' });
    writeFileSync(join(directory, 'shard_00.jsonl.abc.tmp'), `${line(1)}\n{"a":1}\n`);
    expect(await reseal(open(directory, BOTH))).toEqual({ ...NOTHING, reencrypted: 10, inQuarantine: 2 });
  });
});

describe('linePieces', () => {
  it('yields all bytes of a file, by line, or by piece of a long line', () => {
    const path = join(makeTempDir(onTestFinished), 'lines');
    const length = fc.oneof(fc.nat(20), fc.constantFrom(262_143, 262_144, 262_145, 524_287, 524_288, 600_000));
    fc.assert(
      fc.property(fc.array(length, { maxLength: 5 }), fc.boolean(), (lengths, endsWithNewline) => {
        const text = lengths.map((size, n) => String(n % 10).repeat(size)).join('\n') + (endsWithNewline ? '\n' : '');
        writeFileSync(path, text);
        const fd = openSync(path, 'r');
        let joined = '';
        for (const { bytes, isWholeLine, endsWithNewline: ends } of linePieces(fd)) {
          if (isWholeLine) expect(joined === '' || joined.endsWith('\n')).toBe(true);
          joined += bytes.toString() + (ends ? '\n' : '');
        }
        closeSync(fd);
        expect(joined === text).toBe(true);
      }),
      { numRuns: 50 },
    );
  });
});
