import { hash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SHARDS = 16;

function pathOf(directory: string, key: string): string {
  const shard = Number(BigInt(`0x${hash('md5', key, 'hex')}`) % BigInt(SHARDS));
  return join(directory, `shard_${String(shard).padStart(2, '0')}.jsonl`);
}

/** As ProxyWhirl reads one record: all of its shard, every line parsed. Without its lock and its decryption, so it is flattered. */
export function readShardsWhole(directory: string, key: string): Map<string, unknown> {
  const records = new Map<string, unknown>();
  for (const line of readFileSync(pathOf(directory, key), 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    const record = JSON.parse(line) as { key: string };
    records.set(record.key, record);
  }
  return records;
}

/** As ProxyWhirl stores one record: reads its shard, writes all of it to a new file, and gives that the shard's name. */
export function putByRewriting(directory: string, key: string, record: unknown): void {
  const path = pathOf(directory, key);
  const records = readShardsWhole(directory, key);
  records.set(key, record);
  let text = '';
  for (const one of records.values()) text += `${JSON.stringify(one)}\n`;
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
