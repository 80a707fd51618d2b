import { type CacheEntry, maskCredentials } from '@pw/cache-models';
import type { TierStack } from '../../stack/tier-stack.ts';
import {
  type WarmOptions,
  type WarmProgress,
  type WarmResult,
  type WarmTarget,
  warmFromFile,
} from '../import/index.ts';
import { reportProgress } from '../transfer-options.ts';
import { contentOf, type ListContent } from './list-content.ts';
import { ListedEntries } from './listed-entries.ts';
import { keysOfSource, type SourceKeys } from './source-keys.ts';
import {
  parseSyncOptions,
  type SyncOptions,
  type SyncProgress,
  type SyncRows,
  type SyncSettings,
} from './sync-options.ts';
import type { SyncRefusal, SyncResult } from './sync-result.ts';

const IN_SOURCE = 'has a username or password that is part of the source name: choose another source name';

/**
 * Makes the entries of a source match a list: reads the list once to check that it is plausible, stores its entries,
 * then removes the entries that are not in it. At every moment the source has at least the entries that the old and the
 * new list share, and an interrupted run can simply be repeated. See docs/decisions/sync.md.
 *
 * Rejects with a CacheValidationError for wrong arguments, with the error of an iterable, and with the signal's reason;
 * changes made until then stay.
 */
export async function syncFrom(
  stack: TierStack,
  target: WarmTarget,
  source: string,
  rows: SyncRows,
  options?: SyncOptions,
): Promise<SyncResult> {
  const settings = parseSyncOptions(source, rows, options);
  settings.signal?.throwIfAborted();
  const content = await contentOf(rows, target.cipher, settings.signal);
  return new SyncRun(stack, target, source, content, settings).run();
}

class SyncRun {
  readonly #stack: TierStack;
  readonly #target: WarmTarget;
  /** The source name as stored: credentials in it are masked. */
  readonly #source: string;
  /** The stored name, and the given one, which may be in a record of another program. */
  readonly #sources: readonly string[];
  readonly #content: ListContent;
  readonly #settings: SyncSettings;
  readonly #listed: ListedEntries;
  #bytesRead = 0;

  constructor(stack: TierStack, target: WarmTarget, source: string, content: ListContent, settings: SyncSettings) {
    this.#stack = stack;
    this.#target = target;
    this.#source = maskCredentials(source);
    this.#sources = [...new Set([this.#source, source])];
    this.#content = content;
    this.#settings = settings;
    this.#listed = new ListedEntries(this.#source);
  }

  async run(): Promise<SyncResult> {
    const read = await this.#pass('reading', this.#listed.reading(this.#target));
    if (this.#isUnreadable(read)) return this.#result(read, unreadable(read));
    const { signal } = this.#settings;
    const keys = await keysOfSource(this.#stack, this.#sources, (key) => this.#listed.has(key), signal);
    const doubt = this.#implausibility(keys);
    if (doubt !== null) return this.#result(read, doubt);
    const stored = await this.#pass('storing', this.#listed.storing(this.#target));
    const refusal = await this.#refusalAfter(read, stored, keys);
    if (refusal === null) await this.#remove(keys.unlisted);
    return this.#result(stored, refusal);
  }

  #pass(phase: SyncProgress['phase'], target: WarmTarget): Promise<WarmResult> {
    const { format, file, totalBytes } = this.#content;
    this.#bytesRead = 0;
    const options: WarmOptions = {
      ...this.#settings.import,
      ...(format === undefined ? {} : { format }),
      defaultSource: this.#source,
      refuse: (entry) => this.#refuse(entry),
      onProgress: ({ bytesRead }: WarmProgress) => {
        this.#bytesRead = bytesRead;
        return this.#reportProgress(phase, { bytesRead, totalBytes });
      },
    };
    return warmFromFile(target, file, options);
  }

  /**
   * An entry's own credentials are masked in its source. A row is refused if that would change the source, because the
   * entry could then not be found under it later.
   */
  #refuse(entry: CacheEntry): string | undefined {
    const secrets = [entry.username, entry.password];
    if (entry.hasCredentials && maskCredentials(this.#source, secrets) !== this.#source) return IN_SOURCE;
    return this.#settings.import.refuse?.(entry);
  }

  #isUnreadable({ loaded, skipped, failed }: WarmResult): boolean {
    return this.#bytesRead < this.#content.totalBytes || (loaded === 0 && skipped + failed > 0);
  }

  /** Why the list is implausible, decided before anything is changed. */
  #implausibility({ unlisted: { length: unlisted }, listed }: SourceKeys): SyncRefusal | null {
    if (this.#settings.force || unlisted === 0) return null;
    if (this.#listed.size === 0) return { reason: 'empty', canForce: true, unlisted, message: 'the list is empty' };
    if (unlisted <= listed) return null;
    const message = `${unlisted} of the ${unlisted + listed} entries of the source are not in the list`;
    return { reason: 'most', canForce: true, unlisted, message };
  }

  async #refusalAfter(read: WarmResult, stored: WarmResult, keys: SourceKeys): Promise<SyncRefusal | null> {
    const { length: unlisted } = keys.unlisted;
    const isSame = rowsOf(read) === rowsOf(stored) && this.#bytesRead >= this.#content.totalBytes;
    if (!isSame || !(await this.#content.isUnchanged())) return unreadable(stored, unlisted);
    if (!keys.isComplete) {
      const message = 'a tier could not be read completely: synchronise the same list again when the tier works';
      return { reason: 'incomplete', canForce: false, unlisted, message };
    }
    if (this.#settings.force || stored.failed === 0 || unlisted === 0) return null;
    const message = stored.failed === 1 ? 'a row of the list failed' : `${stored.failed} rows of the list failed`;
    return { reason: 'failed', canForce: true, unlisted, message };
  }

  async #remove(keys: readonly string[]): Promise<void> {
    const { batchSize, signal } = this.#settings;
    const { totalBytes } = this.#content;
    const isStill = ({ key, source }: CacheEntry) => this.#sources.includes(source) && !this.#listed.has(key);
    for (let start = 0; start < keys.length; start += batchSize) {
      signal?.throwIfAborted();
      this.#listed.noteRemoved(await this.#stack.deleteManyIf(keys.slice(start, start + batchSize), isStill));
      await this.#reportProgress('removing', { bytesRead: this.#bytesRead, totalBytes });
    }
  }

  #reportProgress(phase: SyncProgress['phase'], bytes: Pick<SyncProgress, 'bytesRead' | 'totalBytes'>): Promise<void> {
    return reportProgress(this.#settings.onProgress, { phase, ...this.#listed.counts, ...bytes });
  }

  #result({ skipped, failed, problems, problemCount }: WarmResult, refused: SyncRefusal | null): SyncResult {
    return { ...this.#listed.counts, skipped, failed, problems, problemCount, refused };
  }
}

function rowsOf({ loaded, skipped, failed }: WarmResult): number {
  return loaded + skipped + failed;
}

function unreadable({ loaded, skipped, failed }: WarmResult, unlisted = 0): SyncRefusal {
  const isForeign = loaded === 0 && skipped + failed > 0;
  const message = isForeign
    ? 'no row of the list could be loaded'
    : 'the list could not be read to the end, or changed while it was being read';
  return { reason: 'unreadable', canForce: false, unlisted, message };
}
