import type { RecordNames } from './record-names.ts';
import type { RedisLink } from './redis-link.ts';
import { LIVE, REMOVE, type Script } from './scripts.ts';
import { reasonOf } from './server-error.ts';

/** Names in one command: enough that the way to the server hardly counts, few enough that others get their turn. */
const BATCH = 500;
const SCAN_COUNT = '1000';

/** What a removed entry was: not there or not to go, live, expired. */
export type Removed = 0 | 1 | 2;

/** Commands on the records of a namespace, in batches, whether one server holds them all or each is somewhere else. */
export class RedisStore {
  readonly names: RecordNames;
  /** Names of the index of a bounded namespace. */
  readonly index: readonly [string, string, string] | undefined;
  readonly #link: RedisLink;

  constructor(names: RecordNames, index: readonly [string, string, string] | undefined, link: RedisLink) {
    this.names = names;
    this.index = index;
    this.#link = link;
  }

  send(name: string, args: readonly string[]): Promise<unknown> {
    return this.#link.send(name, args);
  }

  /** Sends commands at once; the first argument of each is the name that it is about. */
  sendAll(commands: readonly (readonly string[])[]): Promise<unknown[]> {
    return this.#link.sendAll(commands);
  }

  /** Runs a script at the node that holds the first of its names. */
  async run(script: Script, names: readonly string[], args: readonly string[]): Promise<unknown> {
    const rest = [String(names.length), ...names, ...args];
    try {
      return await this.#link.send(names[0]!, ['EVALSHA', script.digest, ...rest]);
    } catch (error) {
      if (reasonOf((error as Error).cause) !== 'NOSCRIPT') throw error;
      return this.#link.send(names[0]!, ['EVAL', script.text, ...rest]);
    }
  }

  /** Items in groups that one command may name: all together, or each alone. */
  groups<T>(items: readonly T[]): readonly (readonly T[])[] {
    const size = this.names.isSpread ? 1 : BATCH;
    const groups: T[][] = [];
    for (let at = 0; at < items.length; at += size) groups.push(items.slice(at, at + size));
    return groups;
  }

  /** Record and accesses of each key. */
  async read(keys: readonly string[]): Promise<(readonly [record: string | null, access: string | null])[]> {
    const groups = this.groups(keys).map(async (group) => {
      const names = [
        ...group.map((key) => this.names.name('e', key)),
        ...group.map((key) => this.names.name('a', key)),
      ];
      const came = (await this.send(names[0]!, ['MGET', ...names])) as (string | null)[];
      return group.map((_, at) => [came[at]!, came[group.length + at]!] as const);
    });
    return (await Promise.all(groups)).flat();
  }

  /** Whether there is a live entry of each key. */
  async areLive(keys: readonly string[], now: number): Promise<boolean[]> {
    const groups = this.groups(keys).map((group) => {
      const names = group.map((key) => this.names.name('e', key));
      return this.run(LIVE, names, [String(now)]) as Promise<number[]>;
    });
    return (await Promise.all(groups)).flat().map(Boolean);
  }

  /** Removes entries, or only the expired ones, and tells what each was. */
  async remove(keys: readonly string[], now: number, expiredOnly = false): Promise<Removed[]> {
    const { names, index = ['', ''] } = this;
    const args = [String(now), expiredOnly ? '1' : '0', index[0], index[1], names.prefix('e')];
    const groups = this.groups(keys).map((group) => {
      const all = group.flatMap((key) => [names.name('e', key), names.name('a', key)]);
      return this.run(REMOVE, all, args) as Promise<Removed[]>;
    });
    return (await Promise.all(groups)).flat();
  }

  /** The keys in the namespace, page by page, each once; expired ones too. */
  async *keys(): AsyncGenerator<readonly string[]> {
    const seen = new Set<string>();
    for await (const names of this.scan('e')) {
      const page: string[] = [];
      for (const name of names) {
        const key = this.names.keyOf(name);
        if (seen.has(key)) continue;
        seen.add(key);
        page.push(key);
      }
      if (page.length > 0) yield page;
    }
  }

  /** The names of some kinds, page by page; a name may come twice. */
  async *scan(kinds: string): AsyncGenerator<readonly string[]> {
    const pattern = this.names.pattern(kinds);
    for (const send of await this.#link.senders()) {
      let cursor = '0';
      do {
        const page = (await send(['SCAN', cursor, 'MATCH', pattern, 'COUNT', SCAN_COUNT])) as [string, string[]];
        cursor = page[0];
        yield page[1];
      } while (cursor !== '0');
    }
  }
}
