import fs from 'node:fs';
import { openCache } from '@pw/cache-manager';
import { CacheEntry } from '@pw/cache-models';
import { versionOf } from '@pw/cache-models/tier';

const dir = fs.mkdtempSync('/tmp/try-');
const open = () =>
  openCache({
    l2CacheDir: dir + '/j',
    l3DatabasePath: dir + '/l3.db',
    encryptionKey: 'MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=',
  });
const a = await open();
await a.put(CacheEntry.create({ key: 'a', proxyUrl: `http://h.example:80` }));
const [l2, l3] = [a.tiers[1]!.tier!, a.tiers[2]!.tier!];
const id = await l2.sideValues!.read('agreement-id');
console.log(
  'id',
  id,
  'cursor',
  l3.log!.cursorOf(id!),
  'l2 v',
  versionOf((await l2.peek('a'))!),
  'l3 v',
  l3.log!.versionOf('a'),
  l3.log!.read(0, 10),
  await l2.marks!.read(),
);
await a.close();
const c = await open();
const [m2, m3] = [c.tiers[1]!.tier!, c.tiers[2]!.tier!];
console.log(
  'cursor',
  m3.log!.cursorOf(id!),
  await m2.sideValues!.read('agreed-position'),
  m3.log!.read(0, 10),
  await m2.marks!.read(),
  versionOf((await m2.peek('a'))!),
  await m2.marks!.withoutVersion!(),
);
console.log((await c.lookup('a'))!.tier);
await c.close();
