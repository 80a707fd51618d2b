import { CacheEntry } from '@pw/cache-models';
import { RecordingLogger } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { DiskCacheTier, SqliteCacheTier } from '../../src/index.ts';

/** Outcome for one directory. */
export interface OddOutcome {
  readonly directory: string;
  /** Code and message of the error of `open`. */
  readonly refused?: readonly [unknown, string];
  /** Number of the forty keys that were found. */
  readonly found: number;
  readonly stored: boolean;
  readonly warnings: readonly string[];
  readonly peakMiB: number;
}

const KEYS = Array.from({ length: 40 }, (_, n) => `k${n}`);

async function tryDirectory(kind: string, directory: string): Promise<OddOutcome> {
  const logger = new RecordingLogger();
  const options = { cipher: new TestCipher('k1'), logger };
  const tier =
    kind === 'DiskCacheTier'
      ? new DiskCacheTier({ ...options, directory })
      : new SqliteCacheTier({ ...options, path: `${directory}/proxywhirl.db` });
  const outcome = () => ({
    directory,
    warnings: logger.lines.map(({ message }) => message),
    peakMiB: process.resourceUsage().maxRSS / 1024,
  });
  try {
    tier.open();
    const found = KEYS.filter((key) => tier.get(key) !== undefined).length;
    const stored = tier.put('new', CacheEntry.create({ key: 'new', proxyUrl: 'http://198.18.0.1:80' }));
    // Reads the files that were set aside, however long they are.
    if (found > 0) for await (const _ of tier.reseal(100));
    return { found, stored, ...outcome() };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return { refused: [code, message], found: 0, stored: false, ...outcome() };
  } finally {
    tier.close();
  }
}

// Written as soon as it is known: if a directory hangs, the last line names the one before it.
const [kind, ...directories] = process.argv.slice(2) as [string, ...string[]];
for (const directory of directories) process.stdout.write(`${JSON.stringify(await tryDirectory(kind, directory))}\n`);
