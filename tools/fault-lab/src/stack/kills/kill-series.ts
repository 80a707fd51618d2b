import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { GONE } from '../../ledger/ledger.ts';
import { startChild } from '../../processes/run-child.ts';
import { Random } from '../../random.ts';
import { bringBack, fullDisk, hasBegun, lockTier, OUTAGES, type Outage, takeAway } from './outages.ts';
import { SeriesLedger } from './series-ledger.ts';
import {
  type Backend,
  type Ending,
  filesOf,
  keysOf,
  type Pass,
  type ReaderSpec,
  type SeriesStack,
  type WriterSpec,
} from './series-spec.ts';

export interface KillSeriesOptions {
  readonly backend: Backend;
  readonly writers: number;
  /** Series are added until so many writers were killed with SIGKILL. */
  readonly kills: number;
  readonly seed: number;
  /** The longest life of a writer before it is killed, in milliseconds. */
  readonly longestMs: number;
  /** The programs `writer-child.ts` and `reader-child.ts`. */
  readonly programs: { readonly writer: string; readonly reader: string };
  /**
   * The share of series in which a tier is off for a while, in percent.
   *
   * @default 40
   */
  readonly outages?: number | undefined;
  /**
   * Whether the folder of a series that failed is kept, with its ledgers and its store.
   *
   * @default false
   */
  readonly keepsFailed?: boolean | undefined;
}

export interface KillSeriesReport {
  kills: number;
  series: number;
  acknowledged: number;
  reads: number;
  /** Writers that were aborted as they ended; see {@link isAborted}. */
  aborted: number;
  readonly endings: Record<string, number>;
  readonly outages: Record<string, number>;
  readonly lost: string[];
  readonly flips: string[];
  readonly disagreements: string[];
  /** Programs that ended in an unexpected way. */
  readonly accidents: string[];
}

/** How many series use the same directory, one after the other. */
const SERIES_PER_DIRECTORY = 6;
const SHORTEST_MS = 100;

/**
 * Starts writers on one stack, kills them, starts them again at once, up to five times in a row, and then has
 * everything read by two processes, twice by each.
 */
export async function killSeries(options: KillSeriesOptions): Promise<KillSeriesReport> {
  const report: KillSeriesReport = {
    kills: 0,
    series: 0,
    acknowledged: 0,
    reads: 0,
    aborted: 0,
    endings: {},
    outages: {},
    lost: [],
    flips: [],
    disagreements: [],
    accidents: [],
  };
  for (let from = options.seed; report.kills < options.kills; from += SERIES_PER_DIRECTORY) {
    const folder = mkdtempSync(join(tmpdir(), 'pw-series-'));
    const before = failuresOf(report);
    const shared = new SharedDirectory(options, folder, report);
    for (let i = 0; i < SERIES_PER_DIRECTORY && report.kills < options.kills && failuresOf(report) === before; i++) {
      await shared.series(from + i);
    }
    shared.count();
    if (options.keepsFailed !== true || failuresOf(report) === before) rmSync(folder, { recursive: true, force: true });
  }
  return report;
}

function failuresOf({ lost, flips, disagreements, accidents }: KillSeriesReport): number {
  return lost.length + flips.length + disagreements.length + accidents.length;
}

/** True if a thread of the SQLite tier was loading its native code while the process ended: Node.js aborts then. */
function isAborted(errors: string): boolean {
  return errors.includes('FATAL ERROR') && errors.includes('napi_register_module');
}

/** The series on one directory. */
class SharedDirectory {
  readonly #options: KillSeriesOptions;
  readonly #folder: string;
  readonly #report: KillSeriesReport;
  readonly #names: readonly string[];
  #random = new Random(0);
  #lives = 0;
  /** Names the series that is running. */
  #what = '';

  constructor(options: KillSeriesOptions, folder: string, report: KillSeriesReport) {
    this.#options = options;
    this.#folder = folder;
    this.#report = report;
    this.#names = ['a', 'b', 'c'].slice(0, options.writers);
    for (const name of this.#names) writeFileSync(this.#ledgerOf(name), '');
  }

  async series(seed: number): Promise<void> {
    this.#random = new Random(seed);
    this.#report.series++;
    const outage = this.#random.percent(this.#options.outages ?? 40) ? this.#pickOutage() : undefined;
    this.#report.outages[outage ?? 'none'] = (this.#report.outages[outage ?? 'none'] ?? 0) + 1;
    this.#what = `series ${seed}, ${outage ?? 'no outage'}`;
    const stack = {
      directory: join(this.#folder, 'store'),
      backend: this.#options.backend,
      timeoutMs: outage === undefined ? 5_000 : this.#random.pick([500, 5_000]),
    };
    const tier = outage?.startsWith('l2') === true ? 'l2' : 'l3';
    if (outage?.endsWith('away') === true) {
      await this.#writeAll(stack, 1);
      takeAway(stack.directory, tier);
      await this.#writeAll(stack, 2, { isWatching: false });
      bringBack(stack.directory, tier);
      await this.#writeAll(stack, 2, { isWatching: false });
    } else if (outage?.endsWith('locked') === true) {
      const locked = sleep(this.#random.below(1_000)).then(() =>
        lockTier(stack.directory, tier, 500 + this.#random.below(this.#options.longestMs)),
      );
      await this.#writeAll(stack, 5, { isWatching: false });
      await locked;
    } else if (outage?.endsWith('full') === true) {
      await this.#writeAll(stack, 3, { isWatching: false, full: tier });
    } else await this.#writeAll(stack, 5);
    await this.#readAll(stack, this.#what);
  }

  /** Adds what the ledgers say to the report. */
  count(): void {
    for (const name of this.#names) {
      const { acknowledged, reads } = this.#judge(name);
      this.#report.acknowledged += acknowledged;
      this.#report.reads += reads;
    }
  }

  #pickOutage(): Outage | undefined {
    // There must be something to be taken away, and JSON Lines have no database to be locked.
    if (!existsSync(filesOf(join(this.#folder, 'store')))) return undefined;
    const outage = this.#random.pick(OUTAGES);
    return outage === 'l2-locked' && this.#options.backend === 'jsonl' ? 'l3-locked' : outage;
  }

  async #writeAll(
    stack: SeriesStack,
    most: number,
    how: { readonly isWatching?: boolean; readonly full?: 'l2' | 'l3' } = {},
  ): Promise<void> {
    const rounds = this.#names.map(() => 1 + this.#random.below(most));
    await Promise.all(
      this.#names.map(async (name, at) => {
        for (let round = 0; round < rounds[at]!; round++) {
          const wrapper =
            how.full === undefined || round > 0 || at > 0
              ? []
              : fullDisk(stack.directory, how.full, stack.backend, 1 + this.#random.below(300));
          await this.#live(stack, name, how.isWatching ?? true, wrapper);
        }
      }),
    );
  }

  /** One life of a writer. */
  async #live(stack: SeriesStack, name: string, isWatching: boolean, wrapper: readonly string[]): Promise<void> {
    const random = this.#random;
    const ending: Ending = random.percent(75) ? 'kill' : random.pick(['term', 'exit', 'forget', 'close'] as const);
    const lifeMs = SHORTEST_MS * (this.#options.longestMs / SHORTEST_MS) ** random.next();
    const spec: WriterSpec = {
      ...stack,
      name,
      others: this.#names.filter((other) => other !== name).flatMap(keysOf),
      seed: random.below(2 ** 31),
      first: ++this.#lives * 1_000_000,
      ending,
      lifeMs,
      isWatching,
    };
    this.#report.endings[ending] = (this.#report.endings[ending] ?? 0) + 1;
    const ledger = this.#ledgerOf(name);
    const { child, end } = startChild(this.#options.programs.writer, [JSON.stringify(spec)], { ledger, wrapper });
    if (ending === 'kill' || ending === 'term') {
      const isOver = () => child.exitCode !== null || child.signalCode !== null;
      // Some are killed while they open the cache.
      if (random.percent(75)) await hasBegun(ledger, isOver);
      await sleep(lifeMs);
      if (!isOver()) process.kill(-child.pid!, ending === 'kill' ? 'SIGKILL' : 'SIGTERM');
    }
    const { code, signal, errors, isTimedOut } = await end;
    if (signal === 'SIGKILL' && !isTimedOut) this.#report.kills++;
    const isRight = ending === 'kill' ? signal === 'SIGKILL' : ending === 'term' ? signal === 'SIGTERM' : code === 0;
    if (isAborted(errors) && (ending === 'forget' || ending === 'exit')) this.#report.aborted++;
    else if (!isRight || isTimedOut)
      this.#report.accidents.push(
        `${this.#what}: writer ${name} (${ending}, deadline ${stack.timeoutMs} ms): code ${code}, signal ${signal}: ${errors.slice(0, 2000)}`,
      );
  }

  async #readAll(stack: SeriesStack, what: string): Promise<void> {
    const keys = this.#names.flatMap(keysOf);
    for (const isKeysFirst of [true, false]) {
      const ending = this.#random.pick(['close', 'exit', 'kill'] as const);
      const spec: ReaderSpec = { ...stack, timeoutMs: 5_000, keys, isKeysFirst, ending };
      const ledger = join(this.#folder, 'found');
      writeFileSync(ledger, '');
      const { code, signal, errors } = await startChild(this.#options.programs.reader, [JSON.stringify(spec)], {
        ledger,
      }).end;
      const passes = readFileSync(ledger, 'utf8').trim().split('\n').filter(Boolean);
      if (passes.length < 2)
        this.#report.accidents.push(`${what}: reader: code ${code}, ${signal}: ${errors.slice(0, 2000)}`);
      for (const pass of passes) this.#take(JSON.parse(pass) as Pass, keys, what);
      if (this.#random.percent(50)) await sleep(this.#random.below(1_500));
    }
    for (const name of this.#names) {
      const { lost, flips } = this.#judge(name);
      const where = ` (${what}, ${this.#options.backend}, ${this.#options.writers} writers, ${this.#folder})`;
      this.#report.lost.push(...lost.map((line) => line + where));
      this.#report.flips.push(...flips.map((line) => line + where));
    }
  }

  #take(pass: Pass, keys: readonly string[], what: string): void {
    for (const key of keys) appendFileSync(this.#ledgerOf(key[0]!), `saw ${key} ${pass.get[key] ?? GONE}\n`);
    const found = Object.keys(pass.get).toSorted().join(' ');
    const listed = {
      has: pass.has.toSorted().join(' '),
      keys: pass.keys.join(' '),
      entries: Object.keys(pass.entries).toSorted().join(' '),
    };
    for (const [name, text] of Object.entries(listed))
      if (text !== found) this.#report.disagreements.push(`${what}: get finds ${found}; ${name} says ${text}`);
    if (pass.size !== pass.keys.length)
      this.#report.disagreements.push(`${what}: size is ${pass.size}: ${listed.keys}`);
    for (const key of keys)
      if (pass.entries[key] !== undefined && pass.get[key] !== undefined && pass.entries[key] !== pass.get[key])
        this.#report.disagreements.push(
          `${what}: ${key} = ${pass.get[key]}, but ${pass.entries[key]} among the entries`,
        );
  }

  #judge(name: string): SeriesLedger {
    return new SeriesLedger(readFileSync(this.#ledgerOf(name), 'utf8'));
  }

  #ledgerOf(name: string): string {
    return join(this.#folder, `ledger-${name}`);
  }
}
