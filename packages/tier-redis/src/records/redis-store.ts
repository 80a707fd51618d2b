import type { Reader, RedisLink } from '../connection/redis-link.ts';
import { reasonOf } from '../connection/server-error.ts';
import { BATCH_BYTES, MAX_RECORD_BYTES, MAX_SEEN_BYTES } from '../limits.ts';
import type { Pass } from '../passes/pass.ts';
import {
  recordsRead,
  type Stored,
  scanned,
  smallNumbers,
  textsOrNulls,
  wholeNumber,
} from '../replies/reply-parsers.ts';
import type { Kind, RecordNames } from './record-names.ts';
import { LIVE, READ, REMOVE, type Script } from './scripts.ts';

/** Names in one command: enough that the way to the server hardly counts, few enough that others get their turn. */
const BATCH = 500;
const SCAN_COUNT = '1000';
/** What a text in a set takes beside its characters, roughly. */
const SEEN_OVERHEAD = 64;

/** What a removed entry was: not there or not to go, live, expired. */
export type Removed = 0 | 1 | 2;

/** What stands for a key, and its accesses. */
export type Pair = readonly [record: Stored, access: string | null];

const READ_LIMITS = [String(MAX_RECORD_BYTES), String(BATCH_BYTES)] as const;
const pairOf: Reader<Pair> = (answer) => textsOrNulls(answer, 2) as Pair;

/** Commands on the records of a namespace, in batches, whether one server holds them all or each is somewhere else. */
export class RedisStore {
  readonly names: RecordNames;
  /** Names of the index of a bounded namespace. */
  readonly index: readonly [string, string, string] | undefined;
  readonly #link: RedisLink;
  #isCareful = false;

  constructor(names: RecordNames, index: readonly [string, string, string] | undefined, link: RedisLink) {
    this.names = names;
    this.index = index;
    this.#link = link;
  }

  send<T>(name: string, args: readonly string[], read: Reader<T>): Promise<T> {
    return this.#link.send(name, args, read);
  }

  /** Sends commands at once; the first argument of each is the name that it is about. */
  sendAll<T>(commands: readonly (readonly string[])[], read: Reader<T>): Promise<T[]> {
    return this.#link.sendAll(commands, read);
  }

  /** A walk over all names, for the methods that take one. */
  pass(): Pass {
    return this.#link.pass();
  }

  /** From now on the length of each record is looked at before it is sent, not when it comes. */
  beCareful(): void {
    this.#isCareful = true;
  }

  /** Runs a script at the node that holds the first of its names. */
  async run<T>(script: Script, names: readonly string[], args: readonly string[], read: Reader<T>): Promise<T> {
    const rest = [String(names.length), ...names, ...args];
    try {
      return await this.#link.send(names[0]!, ['EVALSHA', script.digest, ...rest], read);
    } catch (error) {
      if (reasonOf((error as Error).cause) !== 'NOSCRIPT') throw error;
      return this.#link.send(names[0]!, ['EVAL', script.text, ...rest], read);
    }
  }

  /** Items in groups that one command may name: all together, or each alone. */
  groups<T>(items: readonly T[]): readonly (readonly T[])[] {
    const size = this.names.isSpread ? 1 : BATCH;
    const groups: T[][] = [];
    for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
    return groups;
  }

  /** Record and accesses of a key. */
  readOne(key: string): Promise<Pair> {
    const names = [this.names.name('e', key), this.names.name('a', key)];
    return this.#trusting(
      async () => {
        const pair = await this.#link.send(names[0]!, ['MGET', ...names], pairOf);
        return pair[0] === null ? (await this.#lookAgain([key], [pair]))[0]! : pair;
      },
      () => this.readNames(names).then(([pair]) => pair!),
    );
  }

  /** Record and accesses of each key. */
  async read(keys: readonly string[]): Promise<readonly Pair[]> {
    const groups = this.groups(keys).map((group) =>
      group.length === 1
        ? this.readOne(group[0]!).then((pair) => [pair])
        : this.#trusting(
            () => this.#readTogether(group),
            () => this.#readInTurn(group),
          ),
    );
    return (await Promise.all(groups)).flat();
  }

  /** Of the first keys of a group, at least of one: as many as one answer may hold, each looked at before it is sent. */
  readSome(group: readonly string[]): Promise<readonly Pair[]> {
    return this.readNames(group.flatMap((key) => [this.names.name('e', key), this.names.name('a', key)]));
  }

  /** The same for names of records, each followed by that of its accesses. */
  readNames(names: readonly string[]): Promise<readonly Pair[]> {
    return this.run(READ, names, READ_LIMITS, (answer) => recordsRead(answer, names.length / 2));
  }

  /** Whether there is a live entry of each key. */
  async areLive(keys: readonly string[], now: number): Promise<boolean[]> {
    const groups = this.groups(keys).map((group) => {
      const names = group.map((key) => this.names.name('e', key));
      return this.run(LIVE, names, [String(now)], (answer) => smallNumbers(answer, group.length, 1));
    });
    return (await Promise.all(groups)).flat().map(Boolean);
  }

  /** Removes entries, or only the expired ones, and tells what each was. */
  async remove(keys: readonly string[], now: number, expiredOnly = false): Promise<Removed[]> {
    const { names, index = ['', ''] } = this;
    const args = [String(now), expiredOnly ? '1' : '0', index[0], index[1], names.prefix('e')];
    const groups = this.groups(keys).map((group) => {
      const all = group.flatMap((key) => [names.name('e', key), names.name('a', key)]);
      return this.run(REMOVE, all, args, (answer) => smallNumbers<Removed>(answer, group.length, 2));
    });
    return (await Promise.all(groups)).flat();
  }

  /** The keys in the namespace, page by page, each once; expired ones too. */
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
      if (bytes > MAX_SEEN_BYTES) throw pass.refuse('the server gives more names than can be remembered');
      if (page.length > 0) yield page;
    }
  }

  /** The names of a kind, page by page; a name may come twice. Nothing of it goes on once the pass is over. */
  async *scan(kind: Kind, pass: Pass): AsyncGenerator<readonly string[]> {
    const [pattern, prefix] = [this.names.pattern(kind), this.names.prefix(kind)];
    for (const send of await pass.step(() => this.#link.senders())) {
      let cursor = '0';
      do {
        const command = ['SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT];
        const [next, names] = await pass.step(() => send(command, scanned));
        if (next === cursor && next !== '0') throw pass.refuse('the server does not get on with it');
        if (!names.every((name) => name.startsWith(prefix)))
          throw pass.refuse('the server gives names that were not asked for');
        cursor = next;
        if (names.length > 0) yield names;
      } while (cursor !== '0');
    }
  }

  /** The quicker way to read, until an answer was too long once; then, and for the one that was, the way that looks first. */
  #trusting<T>(quickly: () => Promise<T>, carefully: () => Promise<T>): Promise<T> {
    if (this.#isCareful) return carefully();
    return quickly().catch((error: unknown) => {
      if (this.#isCareful) return carefully();
      throw error;
    });
  }

  async #readTogether(group: readonly string[]): Promise<readonly Pair[]> {
    const names = [...group.map((key) => this.names.name('e', key)), ...group.map((key) => this.names.name('a', key))];
    const came = await this.send(names[0]!, ['MGET', ...names], (answer) => textsOrNulls(answer, names.length));
    return this.#lookAgain(
      group,
      group.map((_, at) => [came[at]!, came[group.length + at]!] as const),
    );
  }

  /**
   * Tells what is no text from what is not there: to MGET they are the same. Costs one more way to the server, and
   * only where something is missing.
   */
  async #lookAgain(keys: readonly string[], pairs: readonly Pair[]): Promise<readonly Pair[]> {
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
    // How much it holds in an answer is the server's to say: together they take no longer than a pass.
    const pass = this.pass();
    while (found.length < group.length) {
      const rest = group.slice(found.length);
      found.push(...(await pass.step(() => this.readSome(rest))));
    }
    return found;
  }
}
