import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { JsonlTierOptions } from '@pw/tier-jsonl';
import { type Change, judge, parseHistory } from '../../ledger/history.ts';
import { HistoryWriter } from '../../ledger/history-writer.ts';
import type { StopPoint } from '../../processes/stop-at-call.ts';
import { Player, type PlayerOptions } from './client.ts';
import { callsFile, type PlayerProcess } from './client-process.ts';
import { AFTERWARDS, EXPIRED, MANY, type Operation, SHARED, type Work } from './operations.ts';

/** A client that stops, or dies, in the middle of an operation, beside others that go on. */
export interface Accident {
  readonly operation: Operation;
  /** Without it nothing happens: the calls of the operation are counted. */
  readonly stop?: StopPoint;
  /** What each rival does while the client is stopped, or once it is dead. */
  readonly rivals: readonly Work[];
  readonly lock: JsonlTierOptions['lock'];
}

export interface Outcome {
  /** False if the operation ended without the call. */
  readonly isReached: boolean;
  /** The names of the operation's calls, up to the accident if there was one. */
  readonly calls: readonly string[];
  readonly acknowledged: number;
  /** What must not be, one line each. */
  readonly problems: readonly string[];
  /** Milliseconds from the accident until the first change of a rival was acknowledged; NaN for none. */
  readonly delay: number;
}

/** Lets an accident happen to `victim` in a store of its own. `rivals` may take part in others meanwhile. */
export async function runAccident(
  accident: Accident,
  victim: PlayerProcess,
  rivals: readonly PlayerProcess[],
): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'pw-freeze-'));
  try {
    return await new Scene(folder, accident, victim, rivals).run();
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Names that must be gone once everybody has left. The half-made layout of a dead client stays for an hour. */
const LEFT = /\.jsonl\.lock|^shard.*\.tmp|^pw-holder/;

/** With it locks are out of date as soon as they may be. */
const AGED = { stale: 2000, update: 1000, deadline: 20_000 };

const GARBAGE: Work = [MANY, MANY.slice(0, 47)].map((keys) => ({ do: 'batch', keys }));

class Scene {
  readonly #directory: string;
  readonly #history: string;
  readonly #accident: Accident;
  readonly #victim: PlayerProcess;
  readonly #rivals: readonly PlayerProcess[];
  readonly #problems: string[] = [];

  constructor(folder: string, accident: Accident, victim: PlayerProcess, rivals: readonly PlayerProcess[]) {
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
      do: 'play',
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
    if (isReached) await this.#goOnWithout(done);
    await done;
    const delay = await this.#end(at);
    const acknowledged = parseHistory(readFileSync(history, 'utf8')).filter(({ outcome }) => outcome === 'done').length;
    if (isReached) calls = JSON.parse(readFileSync(callsFile(history), 'utf8')) as string[];
    return { isReached, calls: calls ?? [], acknowledged, problems: this.#problems, delay };
  }

  /** A store with a past, which everybody has open. */
  async #prepare(): Promise<void> {
    const { operation } = this.#accident;
    const past: Work = [
      { do: 'open', numShards: operation.numShards },
      { do: 'put expired', keys: EXPIRED },
      ...(operation.hasGarbage ? GARBAGE : []),
      { do: 'batch', keys: SHARED },
    ];
    const first = this.#player('past');
    await first.play(past);
    await first.close();
    const everybody = [this.#victim, ...this.#rivals];
    for (const [at, client] of everybody.entries()) {
      await client.tell({ do: 'join', options: this.#optionsOf(at === 0 ? 'victim' : `rival${at}`) });
      if (at > 0 || !operation.opens) await this.#tell(client, [{ do: 'open' }]);
    }
    operation.damage?.(this.#directory);
  }

  /** What the rivals do, and what all do once the victim, if it lives, goes on. */
  async #goOnWithout(done: Promise<void>): Promise<void> {
    if (!this.#victim.isAlive) {
      const writer = new HistoryWriter(this.#history, 'victim');
      writer.died();
      writer.close();
    }
    const went = await Promise.all(this.#rivals.map((rival, at) => this.#tell(rival, this.#accident.rivals[at]!)));
    // They get no lock: the next change would be refused too.
    if (went.includes(false) && !this.#victim.isAlive) return;
    const afterwards = this.#rivals.map((rival) => this.#tell(rival, AFTERWARDS));
    if (this.#victim.isAlive) {
      this.#victim.goOn();
      await done;
      afterwards.push(this.#tell(this.#victim, AFTERWARDS));
    }
    await Promise.all(afterwards);
  }

  /** Compares what each client sees, and one that comes anew, with what all did. Gives the first rival's delay. */
  async #end(at: number): Promise<number> {
    const changes = parseHistory(readFileSync(this.#history, 'utf8'));
    const clients = [...(this.#victim.isAlive ? [this.#victim] : []), ...this.#rivals];
    for (const client of clients) {
      const name = client === this.#victim ? 'the victim' : `rival ${this.#rivals.indexOf(client) + 1}`;
      this.#compare(name, (await client.tell({ do: 'view', history: this.#history })) as View, changes);
    }
    for (const client of clients) await client.tell({ do: 'leave', history: this.#history });
    await this.#lookAnew(changes);
    const left = readdirSync(this.#directory).filter((name) => LEFT.test(name));
    if (left.length > 0) this.#problems.push(`left behind: ${left.join(' ')}`);
    for (const { key, value } of changes.filter(({ outcome }) => outcome === 'refused'))
      this.#problems.push(`refused: ${key} ${value}`);
    const first = changes.find(
      ({ value, end, outcome }) => value.startsWith('rival') && end > at && outcome === 'done',
    );
    return first === undefined ? Number.NaN : (first.end - at) / 1e6;
  }

  /** What the files hold; if nobody gets at them now, what they hold once every lock is out of date. */
  async #lookAnew(changes: readonly Change[]): Promise<void> {
    for (const lock of [this.#accident.lock, AGED]) {
      const fresh = new Player({ ...this.#optionsOf('fresh'), lock });
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
      this.#problems.push(`${who} met ${damaged} damaged lines`);
  }

  #tell(client: PlayerProcess, work: Work): Promise<unknown> {
    return client.tell({ do: 'play', history: this.#history, work });
  }

  #player(name: string): Player {
    return new Player(this.#optionsOf(name));
  }

  #optionsOf(name: string): PlayerOptions {
    return { directory: this.#directory, history: this.#history, name, lock: this.#accident.lock };
  }
}

interface View {
  readonly values: readonly (readonly [string, string])[];
  readonly damaged: number;
}
