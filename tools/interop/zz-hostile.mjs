import { mkdtempSync, writeFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JsonlCacheTier } from '@pw/tier-jsonl';
import { setTimeout as sleep } from 'node:timers/promises';
const SIZE = Number(process.argv[3] ?? 4_000_000);
const only = process.argv[2];
function wrong(key, members = '', expiry = '2999-01-01T00:00:00+00:00') {
  return `{"key":${JSON.stringify(key)},"proxy_url":"http://a:1","source":"s"${members},"fetch_time":"2026-01-01T00:00:00+00:00","last_accessed":"2026-01-01T00:00:00+00:00","access_count":0,"ttl_seconds":1,"expires_at":"${expiry}","health_status":"unknown","failure_count":0,"checksum":"00000000"}\n`;
}
const upTo = (piece) => piece.repeat(Math.ceil(SIZE / piece.length));
const lists = (d) => '['.repeat(d) + ']'.repeat(d);
const counted = (make) => { const parts = []; let n = 0, size = 0; while (size < SIZE) { const p = make(n++); parts.push(p); size += p.length; } return parts.join(''); };
const KINDS = {
  good: () => counted((n) => wrong('key-' + n)),
  rubbish: () => upTo('rubbish\n'),
  newlines: () => upTo('\n'),
  blanks: () => upTo('  \r\n'),
  brackets: () => upTo('{}\n'),
  lists: () => upTo('[]\n'),
  listNum: () => upTo('[1,2,3]\n'),
  numbers: () => upTo('1\n'),
  x: () => upTo('{x}\n'),
  keyonly: () => upTo('{"key":"a"}\n'),
  keyx: () => upTo('{"key":"abc","x":1}\n'),
  keyexp: () => upTo('{"key":"a","expires_at":32472144000}\n'),
  keyexpS: () => upTo('{"key":"a","expires_at":"2999-01-01T00:00:00Z"}\n'),
  keyexpCounted: () => counted((n) => `{"key":"k${n}","expires_at":"2999-01-01T00:00:00Z"}\n`),
  keyexpNumCounted: () => counted((n) => `{"key":"k${n}","expires_at":32472144000}\n`),
  expiredCounted: () => counted((n) => wrong('k' + n, '', '2020-01-01T00:00:00+00:00')),
  expired: () => upTo(wrong('k', '', '2020-01-01T00:00:00+00:00')),
  wrongk: () => upTo(wrong('k')),
  wronglong: () => upTo(wrong('k'.repeat(4096))),
  escaped: () => counted((n) => wrong('k"' + n)),
  nonascii: () => counted((n) => wrong('ké' + n)),
  comma: () => counted((n) => wrong('k' + n, ',"x":{"a":1}')),
  members: () => upTo(`{${Array.from({ length: 500 }, (_, n) => `"m${n}":1`).join()}}\n`),
  other: () => upTo('{"a":1,"b":"text","c":null}\n'),
  otherlong: () => upTo(`{"a":"${'x'.repeat(300)}"}\n`),
  checksum: () => upTo('{"checksum":"x"}\n'),
  deleted: () => upTo('{"pw_deleted":"a"}\n'),
  deletedCounted: () => counted((n) => `{"pw_deleted":"k${n}"}\n`),
  shards: () => upTo('{"pw_shards":1}\n'),
  torn: () => upTo(wrong('k').slice(0, 200) + '\n'),
  tornCounted: () => counted((n) => wrong('k' + n).slice(0, 200) + '\n'),
  nolast: () => upTo(wrong('k').slice(0, -2) + '\n'),
  beginnings: () => upTo('{"key":"') + '\n',
  small1: () => upTo('{"key":"a","checksum":"00000000"}') + '\n',
  deep: () => upTo(wrong('k', `,"x":${lists(5000)}`)),
  nul: () => '\0'.repeat(SIZE) + '\n',
  mixed: () => upTo('rubbish\n{}\n'),
  mixed2: () => upTo('\n{"key":"a"}\n[1]\nx\n'),
  bom: () => upTo('\xef\xbb\xbf{}\n'),
  latin: () => upTo('{"a":"\xff"}\n'),
  slash: () => upTo('{"a":"\\u0041"}\n'),
};
let floor;
const longest = async (work) => {
  let stop = 0, last = performance.now(), on = true;
  const tick = () => { const now = performance.now(); stop = Math.max(stop, now - last); last = now; if (on) setImmediate(tick); };
  setImmediate(tick);
  const start = performance.now();
  const c0 = process.cpuUsage(); await work();
  const c = process.cpuUsage(c0); const time = (c.user + c.system) / 1000;
  on = false; stop = Math.max(stop, performance.now() - last);
  return { time, stop };
};
for (const [name, make] of Object.entries(KINDS)) {
  if (only && only !== 'all' && !only.split(',').includes(name) && name !== 'good') continue;
  const text = Buffer.from(make(), 'latin1');
  let best = { time: Infinity, stop: 0 }, app = { time: Infinity, stop: 0 }, parse = Infinity;
  for (let n = 0; n < 3; n++) {
    const dir = mkdtempSync(join(tmpdir(), 'zz-'));
    writeFileSync(join(dir, 'shard_00.jsonl'), text);
    await sleep(60);
    const tier = new JsonlCacheTier({}, { directory: dir, numShards: 1, cipher: { encrypt: (x) => x, decrypt: (x) => x } });
    const r = await longest(() => tier.open());
    if (r.time < best.time) best = r;
    await tier.close();
    rmSync(dir, { recursive: true });
    const dir2 = mkdtempSync(join(tmpdir(), 'zz-'));
    const tier2 = new JsonlCacheTier({}, { directory: dir2, numShards: 1, cipher: { encrypt: (x) => x, decrypt: (x) => x } });
    await tier2.open();
    writeFileSync(join(dir2, 'shard_00.jsonl'), text);
    await sleep(60);
    const q = await longest(async () => tier2.get('nothing'));
    await sleep(5);
    if (q.time < app.time) app = q;
    await tier2.close();
    rmSync(dir2, { recursive: true });
  }
  for (let n = 0; n < 2; n++) {
    const start = performance.now();
    for (const line of text.toString('latin1').split('\n')) { try { JSON.parse(line); } catch { break; } }
    parse = Math.min(parse, performance.now() - start);
  }
  if (name === 'good') floor = best.time;
  console.log(name.padEnd(18), `open ${best.time.toFixed(1)} (${(best.time / floor).toFixed(1)}x) stop ${best.stop.toFixed(1)} | appended ${app.time.toFixed(1)} stop ${app.stop.toFixed(1)} | parse ${parse.toFixed(1)}`);
}
