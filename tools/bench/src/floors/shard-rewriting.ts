import { hash } from 'node:crypto';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const SHARDS = 16;

function pathOf(directory: string, key: string): string {
  const shard = Number(BigInt(`0x${hash('md5', key, 'hex')}`) % BigInt(SHARDS));
  return join(directory, `shard_${String(shard).padStart(2, '0')}.jsonl`);
}

/**
 * Reads one record as ProxyWhirl does: parses every line of its shard. Omits the lock and the decryption, which favours
 * ProxyWhirl.
 */
export function readShardsWhole(directory: string, key: string): Map<string, unknown> {
  const records = new Map<string, unknown>();
  for (const line of readFileSync(pathOf(directory, key), 'utf8').split('\n')) {
    if (line.trim() === '') continue;
    const record = JSON.parse(line) as { key: string };
    records.set(record.key, record);
  }
  return records;
}

/** Stores one record as ProxyWhirl does: reads its shard, writes all of it to a new file, and renames that. */
export function putByRewriting(directory: string, key: string, record: unknown): void {
  const path = pathOf(directory, key);
  const records = readShardsWhole(directory, key);
  records.set(key, record);
  let text = '';
  for (const one of records.values()) text += `${JSON.stringify(one)}\n`;
  writeFileSync(`${path}.tmp`, text);
  renameSync(`${path}.tmp`, path);
}
