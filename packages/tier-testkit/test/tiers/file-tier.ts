import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  afterHealthCheck,
  type CacheEntry,
  type HealthCheckResult,
  type HealthHistoryOptions,
  type HealthRecord,
  parseHealthCheck,
  parseHealthHistoryOptions,
} from '@pw/cache-models';
import type { TierSetup } from '../../src/index.ts';
import { AsyncTier } from './async-tier.ts';
import { FileTable } from './file-table.ts';
import { lockFolder } from './folder-lock.ts';

/** A right tier in one file, at the plainest: it is read at each operation and written anew at each change, under a lock. */
export class FileTier extends AsyncTier {
  protected readonly setup: TierSetup;
  protected readonly table: FileTable;

  constructor(setup: TierSetup, table = new FileTable(setup)) {
    super(table);
    this.setup = setup;
    this.table = table;
  }

  recordHealthCheck(key: string, result: HealthCheckResult): Promise<CacheEntry | undefined> {
    return this.#checked(key, () => {
      const check = parseHealthCheck(result, this.setup.clock.now());
      return this.run<CacheEntry | undefined>(undefined, () => {
        const entry = this.table.peek(key);
        if (entry === undefined) return undefined;
        const updated = afterHealthCheck(entry, check, { jitter: 0 });
        this.table.put(key, updated);
        this.table.addCheck(key, check);
        return updated;
      });
    });
  }

  healthHistory(key: string, options: HealthHistoryOptions = {}): Promise<HealthRecord[]> {
    return this.#checked(key, () => {
      const { since, limit } = parseHealthHistoryOptions(options);
      return this.run<HealthRecord[]>([], () =>
        this.newestFirst(this.table.history.get(key) ?? [])
          .filter(({ checkTime }) => checkTime >= since)
          .slice(0, limit),
      );
    });
  }
  /** The later of two checks of the same time comes first. */
  protected newestFirst(checks: readonly HealthRecord[]): HealthRecord[] {
    return [...checks].reverse().sort((a, b) => b.checkTime - a.checkTime);
  }

  async #checked<T>(key: string, work: () => Promise<T>): Promise<T> {
    this.table.checkKey(key);
    return work();
  }

  protected get path(): string {
    return join(this.setup.directory, 'entries.json');
  }

  protected override async doOpen(): Promise<void> {
    mkdirSync(this.setup.directory, { recursive: true });
  }
  protected override async doClose(): Promise<void> {}

  protected override async transact<T>(work: () => T): Promise<T> {
    const unlock = await this.lock();
    try {
      this.load();
      const answer = work();
      if (this.table.changed) this.save();
      return answer;
    } finally {
      unlock();
    }
  }
  protected lock(): Promise<() => void> {
    return lockFolder(this.setup.directory);
  }
  protected load(): void {
    this.table.load(this.read());
  }
  protected read(): string {
    try {
      return readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
      throw error;
    }
  }
  protected save(): void {
    this.write(this.table.save());
  }
  /** Under the lock there is one writer: a name for the new file is enough, and what a killed process left is written over. */
  protected write(text: string): void {
    writeFileSync(`${this.path}.new`, text, { mode: 0o600 });
    renameSync(`${this.path}.new`, this.path);
  }
}
