import { CacheEntry } from '@pw/cache-models';
import { RecordingLogger } from '@pw/test-support';
import { TestCipher } from '@pw/tier-testkit';
import { JsonlCacheTier } from '../../src/index.ts';

/** The result for one directory. */
export interface OddOutcome {
  readonly directory: string;
  /** Code and message of the error of `open`. */
  readonly refused?: readonly [unknown, string];
  /** Number of the forty keys that were found. */
  readonly found: number;
  readonly stored: boolean;
  /** The logged reason for the refused put. */
  readonly lastError: unknown;
  readonly peakMiB: number;
}

const KEYS = Array.from({ length: 40 }, (_, n) => `k${n}`);

async function tryDirectory(directory: string): Promise<OddOutcome> {
  const logger = new RecordingLogger();
  const tier = new JsonlCacheTier({ directory, cipher: new TestCipher('k1'), lock: { deadlineMs: 300 }, logger });
  try {
    await tier.open();
    let found = 0;
    for (const key of KEYS) if ((await tier.get(key)) !== undefined) found++;
    const stored = await tier.put('new', CacheEntry.create({ key: 'new', proxyUrl: 'http://198.18.0.1:80' }));
    const lastError = stored ? undefined : logger.lines.at(-1)?.fields['reason'];
    // Reads every file of the directory, and may fail with an error.
    await walkThrough(tier);
    return { directory, found, stored, lastError, peakMiB: peakMiB() };
  } catch (error) {
    const { code, message } = error as { code?: unknown; message: string };
    return { directory, refused: [code, message], found: 0, stored: false, lastError: code, peakMiB: peakMiB() };
  } finally {
    await tier.close();
  }
}

async function walkThrough(tier: JsonlCacheTier): Promise<void> {
  try {
    for await (const _ of tier.reseal(100));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'CACHE_UNSAFE_PATH') throw error;
  }
}

function peakMiB(): number {
  return process.resourceUsage().maxRSS / 1024;
}

// Printed immediately: if a directory hangs, the last line shows the one before it.
for (const directory of process.argv.slice(2))
  process.stdout.write(`${JSON.stringify(await tryDirectory(directory))}\n`);
