import { hash } from 'node:crypto';

export const DEFAULT_SHARDS = 16;
export const MAX_SHARDS = 1000;

/**
 * The shard of a key as in ProxyWhirl: MD5 of its UTF-8 as a 128-bit number, modulo the number of shards. Not for
 * security.
 */
export function shardOfKey(key: string, numShards: number): number {
  const hex = hash('md5', key, 'hex');
  // If the number of shards divides 2^32, as usual ones do, the last digits suffice.
  if (2 ** 32 % numShards === 0) return Number.parseInt(hex.slice(24), 16) % numShards;
  let rest = 0;
  // Each step stays below 1000 * 2^32, so it is exact in a double.
  for (let at = 0; at < 32; at += 8) rest = (rest * 2 ** 32 + Number.parseInt(hex.slice(at, at + 8), 16)) % numShards;
  return rest;
}

/** `shard_07.jsonl`, as ProxyWhirl names it. */
export function shardFileName(shard: number): string {
  return `shard_${String(shard).padStart(2, '0')}.jsonl`;
}

/** The number in a shard file's name, or `undefined` for any other file. */
export function shardOfFileName(name: string): number | undefined {
  const match = /^shard_(\d{2,3})\.jsonl$/.exec(name);
  if (match === null) return undefined;
  const shard = Number(match[1]);
  return shardFileName(shard) === name && shard < MAX_SHARDS ? shard : undefined;
}
