import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The lines that a tier wrote, for a floor that reads the same bytes. */
export function linesOf(store: string): string[] {
  const shards = readdirSync(store).filter((name) => name.endsWith('.jsonl'));
  return shards.flatMap((name) => readFileSync(join(store, name), 'latin1').split('\n').slice(0, -1));
}
