import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { scanLines } from '../../packages/tier-jsonl/src/scan-lines.ts';
import { LineTaker } from '../../packages/tier-jsonl/src/line-taker.ts';
import { ShardLines } from '../../packages/tier-jsonl/src/shard-lines.ts';
import { SlotIndex } from '../../packages/tier-jsonl/src/slot-index.ts';
import { readFileSync } from 'node:fs';
const src = readFileSync(new URL('./zz-hostile.mjs', import.meta.url), 'utf8');
const SIZE = 2_000_000;
const body = src.slice(src.indexOf('function wrong'), src.indexOf('let floor'));
const KINDS = new Function('SIZE', body + ';return KINDS;')(SIZE);
Object.assign(KINDS, { esc: () => '{"\\u006aey":"some words"}\n'.repeat(SIZE/26), obj: () => '{"a":[1,null]}\n'.repeat(SIZE/15), lat: () => '{"a":"some words in Latin-1: caf\xe9"}\n'.repeat(SIZE/37), bl: () => ' \t \r\n'.repeat(SIZE/5), li: () => '["a",1.5]\n'.repeat(SIZE/10) });
let floor;
for (const name of ['good', ...process.argv.slice(2).filter((n) => n !== 'good')]) {
  const buf = Buffer.from(KINDS[name](), 'latin1');
  let best = 1e9;
  for (let n = 0; n < 15; n++) {
    const file = { readInto(b, pos) { return buf.copy(b, 0, pos, Math.min(buf.length, pos + b.length)); }, read(o, l) { return buf.subarray(o, o + l); } };
    const index = new SlotIndex(undefined); const lines = new ShardLines();
    const listener = { now: () => Date.now(), metTwice() {}, damaged() {}, resharded() {}, superseded() {}, isAtHome: () => false };
    const taker = new LineTaker({ number: 0, file, index, lines, listener, drop() {} });
    taker.beginAppended();
    const c0 = process.cpuUsage();
    const t0 = performance.now();
    for (const _ of scanLines(file, 0, buf.length, taker));
    taker.finish();
    best = Math.min(best, performance.now() - t0);
  }
  floor ??= best;
  console.log(name.padEnd(14), best.toFixed(2), (best / floor).toFixed(1) + 'x', 'lines', buf.toString('latin1').split('\n').length);
}
