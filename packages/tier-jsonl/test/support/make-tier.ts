import { copyFileSync, existsSync, mkdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TierModule } from '@pw/tier-testkit';
import { JsonlCacheTier } from '../../src/index.ts';
import { DEFAULT_SHARDS, shardFileName } from '../../src/layout/shard-of-key.ts';

/** A killed process leaves its locks; others wait no longer than this. */
const lock = { staleMs: 2000, updateMs: 1000 };

export const createTier: TierModule['createTier'] = ({ config, ...options }) =>
  new JsonlCacheTier({ ...config, ...options, lock });

/** Replaces each shard file by a folder, which can be neither read nor written. */
export function breakStore(directory: string): void {
  for (const path of shardPaths(directory)) {
    if (existsSync(path)) copyFileSync(path, `${path}.away`);
    rmSync(path, { force: true });
    mkdirSync(path);
  }
}

export function mendStore(directory: string): void {
  for (const path of shardPaths(directory)) {
    rmdirSync(path);
    if (existsSync(`${path}.away`)) renameSync(`${path}.away`, path);
  }
}

function shardPaths(directory: string): string[] {
  return Array.from({ length: DEFAULT_SHARDS }, (_, number) => join(directory, shardFileName(number)));
}
