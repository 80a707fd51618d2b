import type { Reader, RedisLink } from '../connection/redis-link.ts';
import { reasonOf } from '../connection/server-error.ts';
import { BATCH_BYTES, MAX_RECORD_BYTES, MAX_SEEN_BYTES } from '../limits.ts';
import type { Pass } from '../passes/pass.ts';
import {
  numbersUpTo,
  recordsRead,
  type Stored,
  scanned,
  stringsOrNulls,
  wholeNumber,
} from '../replies/reply-parsers.ts';
import type { Kind, RecordNames } from './record-names.ts';
import { DELETE, LIVE, READ, type Script } from './scripts.ts';

/** Names in one command: enough to amortise the round trip, few enough not to block the server for others. */
const BATCH = 500;
const SCAN_COUNT = '1000';
/** Approximate overhead of a string in a set, in bytes. */
const SEEN_OVERHEAD = 64;

/** What a deleted entry was: 0 absent or kept, 1 live, 2 expired. */
export type Deleted = 0 | 1 | 2;

/** The value of a key, and its access count and time. */
export type Pair = readonly [record: Stored, access: string | null];

const READ_LIMITS = [String(MAX_RECORD_BYTES), String(BATCH_BYTES)] as const;
const pairOf: Reader<Pair> = (reply) => stringsOrNulls(reply, 2) as Pair;

/** Commands on the records of a namespace, in batches, on a single server or spread over a cluster. */
export class RedisStore {
  readonly names: RecordNames;
  /** Names of the index, if the namespace is bounded. */
  readonly index: readonly [string, string, string] | undefined;
  readonly #link: RedisLink;
  #checksLengthsFirst = false;

  constructor(names: RecordNames, index: readonly [string, string, string] | undefined, link: RedisLink) {
    this.names = names;
    this.index = index;
    this.#link = link;
  }

  send<T>(name: string, args: readonly string[], read: Reader<T>): Promise<T> {
    return this.#link.send(name, args, read);
  }

  /** Sends commands together; the first argument of each is the name it applies to. */
  sendAll<T>(commands: readonly (readonly string[])[], read: Reader<T>): Promise<T[]> {
    return this.#link.sendAll(commands, read);
  }

  /** A walk over all names, for the methods that take a pass. */
  pass(): Pass {
    return this.#link.pass();
  }

  /** From now on, the length of each record is checked on the server before it is sent. */
  checkLengthsFirst(): void {
    this.#checksLengthsFirst = true;
  }

  /** Runs a script on the node that holds the first of its names. */
  async run<T>(script: Script, names: readonly string[], args: readonly string[], read: Reader<T>): Promise<T> {
    const rest = [String(names.length), ...names, ...args];
    try {
      return await this.#link.send(names[0]!, ['EVALSHA', script.digest, ...rest], read);
    } catch (error) {
      if (reasonOf((error as Error).cause) !== 'NOSCRIPT') throw error;
      return this.#link.send(names[0]!, ['EVAL', script.text, ...rest], read);
    }
  }

  /** Splits items into groups that one command can handle; in a spread namespace, each item alone. */
  groups<T>(items: readonly T[]): readonly (readonly T[])[] {
    const size = this.names.isSpread ? 1 : BATCH;
    const groups: T[][] = [];
    for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
    return groups;
  }

  /** Record and accesses of one key. */
  get(key: string): Promise<Pair> {
    const names = [this.names.name('e', key), this.names.name('a', key)];
    return this.#readFast(
      async () => {
        const pair = await this.#link.send(names[0]!, ['MGET', ...names], pairOf);
        return pair[0] === null ? (await this.#resolveMissing([key], [pair]))[0]! : pair;
      },
      () => this.readNames(names).then(([pair]) => pair!),
    );
  }

  /** Record and accesses of each key. */
  async getMany(keys: readonly string[]): Promise<readonly Pair[]> {
    const groups = this.groups(keys).map((group) =>
      group.length === 1
        ? this.get(group[0]!).then((pair) => [pair])
        : this.#readFast(
            () => this.#readTogether(group),
            () => this.#readInTurn(group),
          ),
    );
    return (await Promise.all(groups)).flat();
  }

  /**
   * The first records of a group, as many as fit into one reply but at least one; lengths are checked on the server.
   */
  readSome(group: readonly string[]): Promise<readonly Pair[]> {
    return this.readNames(group.flatMap((key) => [this.names.name('e', key), this.names.name('a', key)]));
  }

  /** Like `readSome`, but takes names: that of each record, followed by that of its accesses. */
  readNames(names: readonly string[]): Promise<readonly Pair[]> {
    return this.run(READ, names, READ_LIMITS, (reply) => recordsRead(reply, names.length / 2));
  }

  /** For each key, whether it has a live entry. */
  async areLive(keys: readonly string[], now: number): Promise<boolean[]> {
    const groups = this.groups(keys).map((group) => {
      const names = group.map((key) => this.names.name('e', key));
      return this.run(LIVE, names, [String(now)], (reply) => numbersUpTo(reply, group.length, 1));
    });
    return (await Promise.all(groups)).flat().map(Boolean);
  }

  /** Deletes entries, or only the expired ones, and returns what each was. */
  async delete(keys: readonly string[], now: number, expiredOnly = false): Promise<Deleted[]> {
    const { names, index = ['', ''] } = this;
    const args = [String(now), expiredOnly ? '1' : '0', index[0], index[1], names.prefix('e')];
    const groups = this.groups(keys).map((group) => {
      const all = group.flatMap((key) => [names.name('e', key), names.name('a', key)]);
      return this.run(DELETE, all, args, (reply) => numbersUpTo<Deleted>(reply, group.length, 2));
    });
    return (await Promise.all(groups)).flat();
  }

  /** The keys of the namespace, page by page, each once, including expired ones. */
  async *keys(pass: Pass): AsyncGenerator<readonly string[]> {
    for await (const names of this.namesOnce('e', pass)) yield names.map((name) => this.names.keyOf(name));
  }

  /** The names of a kind, page by page, each once. */
  async *namesOnce(kind: Kind, pass: Pass): AsyncGenerator<readonly string[]> {
    const seen = new Set<string>();
    let bytes = 0;
    for await (const names of this.scan(kind, pass)) {
      const page: string[] = [];
      for (const name of names) {
        if (seen.has(name)) continue;
        seen.add(name);
        bytes += name.length + SEEN_OVERHEAD;
        page.push(name);
      }
      if (bytes > MAX_SEEN_BYTES) throw pass.refuse('the server returned more names than fit in memory');
      if (page.length > 0) yield page;
    }
  }

  /** The names of a kind, page by page. A name may occur twice. Stops once the pass is over. */
  async *scan(kind: Kind, pass: Pass): AsyncGenerator<readonly string[]> {
    const [pattern, prefix] = [this.names.pattern(kind), this.names.prefix(kind)];
    for (const send of await pass.step(() => this.#link.senders())) {
      let cursor = '0';
      do {
        const command = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT];
        const [next, names] = await pass.step(() => send(command, scanned));
        if (next === cursor && next !== '0') throw pass.refuse('the server returned the same page twice');
        if (!names.every((name) => name.startsWith(prefix)))
          throw pass.refuse('the server returned names outside the namespace');
        cursor = next;
        if (names.length > 0) yield names;
      } while (cursor !== '0');
    }
  }

  /** Reads without checking lengths first, until a reply is too long. That read and all later ones check them. */
  #readFast<T>(quickly: () => Promise<T>, carefully: () => Promise<T>): Promise<T> {
    if (this.#checksLengthsFirst) return carefully();
    return quickly().catch((error: unknown) => {
      if (this.#checksLengthsFirst) return carefully();
      throw error;
    });
  }

  async #readTogether(group: readonly string[]): Promise<readonly Pair[]> {
    const names = [...group.map((key) => this.names.name('e', key)), ...group.map((key) => this.names.name('a', key))];
    const values = await this.send(names[0]!, ['MGET', ...names], (reply) => stringsOrNulls(reply, names.length));
    return this.#resolveMissing(
      group,
      group.map((_, at) => [values[at]!, values[group.length + at]!] as const),
    );
  }

  /**
   * MGET returns null both for a missing record and for a value that is not a string; this distinguishes them. It costs
   * one more round trip, and only when something is missing.
   */
  async #resolveMissing(keys: readonly string[], pairs: readonly Pair[]): Promise<readonly Pair[]> {
    const missing = keys.filter((_, at) => pairs[at]![0] === null);
    if (missing.length === 0) return pairs;
    const names = missing.map((key) => this.names.name('e', key));
    if ((await this.send(names[0]!, ['EXISTS', ...names], wholeNumber)) === 0) return pairs;
    const found = await this.#readInTurn(missing);
    let next = 0;
    return pairs.map((pair) => (pair[0] === null ? found[next++]! : pair));
  }

  async #readInTurn(group: readonly string[]): Promise<readonly Pair[]> {
    const found: Pair[] = [];
    // The server decides how many records fit into a reply; the pass limits the total time of all replies.
    const pass = this.pass();
    while (found.length < group.length) {
      const rest = group.slice(found.length);
      found.push(...(await pass.step(() => this.readSome(rest))));
    }
    return found;
  }
}
