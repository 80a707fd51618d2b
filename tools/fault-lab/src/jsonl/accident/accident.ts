import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonlTierOptions } from '@pw/tier-jsonl';
import { type Change, judge, parseHistory } from '../../ledger/history.ts';
import { HistoryWriter } from '../../ledger/history-writer.ts';
import type { StopPoint } from '../../processes/stop-at-call.ts';
import { type ClientOptions, StoreClient } from './client.ts';
import { type ClientProcess, callsFile } from './client-process.ts';
import { AFTERWARDS, EXPIRED, MANY, type Operation, SHARED, type Steps } from './operations.ts';

/** A client that stops or dies in the middle of an operation, while others continue. */
export interface Accident {
  readonly operation: Operation;
  /** Absent for an undisturbed run, which only lists the calls of the operation. */
  readonly stop?: StopPoint;
  /** The steps of each rival while the client is stopped, or after it died. */
  readonly rivals: readonly Steps[];
  readonly lock: JsonlTierOptions['lock'];
}

export interface Outcome {
  /** False if the operation ended without making the call. */
  readonly isReached: boolean;
  /** The names of the operation's calls, up to the accident if there was one. */
  readonly calls: readonly string[];
  readonly acknowledged: number;
  /** Broken promises, one line each. */
  readonly problems: readonly string[];
  /** Milliseconds from the accident until a rival's first change was acknowledged; NaN if none was. */
  readonly delay: number;
}

/** Causes an accident to `victim` in a new store. `rivals` may take part in other accidents at the same time. */
export async function runAccident(
  accident: Accident,
  victim: ClientProcess,
  rivals: readonly ClientProcess[],
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'pw-freeze-'));
  try {
    return await new AccidentRun(folder, accident, victim, rivals).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Files that must be gone once all clients have closed. The unfinished layout of a dead client stays for an hour. */
const LEFT = /\.jsonl\.lock|^shard.*\.tmp|^pw-holder/;

/** The shortest lifetime a lock may have. */
const AGED = { staleMs: 2000, updateMs: 1000, deadlineMs: 20_000 };

const GARBAGE: Steps = [MANY, MANY.slice(0, 47)].map((keys) => ({ do: 'batch', keys }));

class AccidentRun {
  readonly #directory: string;
  readonly #history: string;
  readonly #accident: Accident;
  readonly #victim: ClientProcess;
  readonly #rivals: readonly ClientProcess[];
  readonly #problems: string[] = [];

  constructor(folder: string, accident: Accident, victim: ClientProcess, rivals: readonly ClientProcess[]) {
    this.#directory = join(folder, 'store');
    this.#history = join(folder, 'history');
    this.#accident = accident;
    this.#victim = victim;
    this.#rivals = rivals.slice(0, accident.rivals.length);
  }

  async run(): Promise<Outcome> {
    const { operation, stop } = this.#accident;
    const history = this.#history;
    await this.#prepare();
    const work = this.#victim.tell({
      do: 'run',
      history,
      work: operation.work,
      isWatched: true,
      ...(stop && { stop }),
    });
    let calls: readonly string[] | undefined;
    const done = work.then(
      (answer) => {
        calls = answer as string[];
      },
      (error: unknown) => {
        if (this.#victim.isAlive) this.#problems.push(`${operation.name} failed: ${(error as Error).message}`);
        calls = [];
      },
    );
    while (calls === undefined && !this.#victim.isStopped) await sleep(2);
    const isReached = this.#victim.isStopped || !this.#victim.isAlive;
    const at = Number(process.hrtime.bigint());
    if (isReached) await this.#continueWithout(done);
    await done;
    const delay = await this.#end(at);
    const acknowledged = parseHistory(readFileSync(history, 'utf8')).filter(({ outcome }) => outcome === 'done').length;
    if (isReached) calls = JSON.parse(readFileSync(callsFile(history), 'utf8')) as string[];
    return { isReached, calls: calls ?? [], acknowledged, problems: this.#problems, delay };
  }

  /** Creates a store with earlier records and opens it in all clients. */
  async #prepare(): Promise<void> {
    const { operation } = this.#accident;
    const past: Steps = [
      { do: 'open', numShards: operation.numShards },
      { do: 'put expired', keys: EXPIRED },
      ...(operation.hasGarbage ? GARBAGE : []),
      { do: 'batch', keys: SHARED },
    ];
    const first = this.#client('past');
    await first.run(past);
    await first.close();
    const everybody = [this.#victim, ...this.#rivals];
    for (const [at, client] of everybody.entries()) {
      await client.tell({ do: 'join', options: this.#optionsOf(at === 0 ? 'victim' : `rival${at}`) });
      if (at > 0 || !operation.opens) await this.#tell(client, [{ do: 'open' }]);
    }
    operation.damage?.(this.#directory);
  }

  /** Runs the rivals, then all clients together once the victim, if it is alive, continues. */
  async #continueWithout(done: Promise<void>): Promise<void> {
    if (!this.#victim.isAlive) {
      const writer = new HistoryWriter(this.#history, 'victim');
      writer.died();
      writer.close();
    }
    const went = await Promise.all(this.#rivals.map((rival, at) => this.#tell(rival, this.#accident.rivals[at]!)));
    // The rivals cannot get a lock, so later changes would be refused too.
    if (went.includes(false) && !this.#victim.isAlive) return;
    const afterwards = this.#rivals.map((rival) => this.#tell(rival, AFTERWARDS));
    if (this.#victim.isAlive) {
      this.#victim.resume();
      await done;
      afterwards.push(this.#tell(this.#victim, AFTERWARDS));
    }
    await Promise.all(afterwards);
  }

  /** Compares the view of each client, and of a new one, with the history. Returns the delay of the first rival. */
  async #end(at: number): Promise<number> {
    const changes = parseHistory(readFileSync(this.#history, 'utf8'));
    const clients = [...(this.#victim.isAlive ? [this.#victim] : []), ...this.#rivals];
    for (const client of clients) {
      const name = client === this.#victim ? 'the victim' : `rival ${this.#rivals.indexOf(client) + 1}`;
      this.#compare(name, (await client.tell({ do: 'view', history: this.#history })) as View, changes);
    }
    for (const client of clients) await client.tell({ do: 'leave', history: this.#history });
    await this.#checkReopened(changes);
    const left = readdirSync(this.#directory).filter((name) => LEFT.test(name));
    if (left.length > 0) this.#problems.push(`left behind: ${left.join(' ')}`);
    for (const { key, value } of changes.filter(({ outcome }) => outcome === 'refused'))
      this.#problems.push(`refused: ${key} ${value}`);
    const first = changes.find(
      ({ value, end, outcome }) => value.startsWith('rival') && end > at && outcome === 'done',
    );
    return first === undefined ? Number.NaN : (first.end - at) / 1e6;
  }

  /** Checks the files with a new client; if it cannot open them, again once every lock is stale. */
  async #checkReopened(changes: readonly Change[]): Promise<void> {
    for (const lock of [this.#accident.lock, AGED]) {
      const fresh = new StoreClient({ ...this.#optionsOf('fresh'), lock });
      try {
        await fresh.open(this.#accident.operation.numShardsAfter);
        this.#compare('the store', { values: [...(await fresh.view())], damaged: fresh.damaged }, changes);
        return;
      } catch (error) {
        this.#problems.push(`the store cannot be opened: ${(error as Error).message}`);
      } finally {
        await fresh.close();
      }
    }
  }

  #compare(who: string, { values, damaged }: View, changes: readonly Change[]): void {
    for (const { key, kind, found, allowed } of judge(changes, new Map(values)))
      this.#problems.push(`${kind}, as ${who} sees it: ${key} is ${found}, not ${allowed.join(' or ')}`);
    if (damaged > 0 && this.#accident.operation.damage === undefined && this.#accident.stop?.signal !== 'SIGKILL')
      this.#problems.push(`${who} found ${damaged} damaged lines`);
  }

  #tell(client: ClientProcess, work: Steps): Promise<unknown> {
    return client.tell({ do: 'run', history: this.#history, work });
  }

  #client(name: string): StoreClient {
    return new StoreClient(this.#optionsOf(name));
  }

  #optionsOf(name: string): ClientOptions {
    return { directory: this.#directory, history: this.#history, name, lock: this.#accident.lock };
  }
}

interface View {
  readonly values: readonly (readonly [string, string])[];
  readonly damaged: number;
}
