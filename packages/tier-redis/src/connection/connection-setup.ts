import { CacheConfigError } from '@pw/cache-models';
import type { RecordNames } from '../records/record-names.ts';
import { ALL_SCRIPTS } from '../records/scripts.ts';
import { FORMAT } from '../records/stored-record.ts';
import { textOrNull } from '../replies/reply-parsers.ts';
import type { Connection } from './connection.ts';
import type { NodeClient } from './server-client.ts';

/**
 * Fences off what an earlier connection of this tier may still have on its way: a command that a stopped server reads when it
 * goes on would undo a newer one. The server forgets connections unread when it is told to end them.
 */
export class Fence {
  #earlier: readonly (readonly [id: string, address: string])[] = [];

  async raise(nodes: readonly NodeClient[]): Promise<void> {
    const ended = this.#earlier;
    const kill = (node: NodeClient) =>
      // By both: a server that was started again gives the same numbers to others.
      ended.map(([id, address]) => node.sendCommand(['CLIENT', 'KILL', 'ID', id, 'ADDR', address]).catch(() => 0));
    await Promise.all(nodes.flatMap(kill));
    const infos = await Promise.all(nodes.map((node) => node.sendCommand(['CLIENT', 'INFO']).catch(() => '')));
    this.#earlier = infos.flatMap((info) => {
      const found = /\bid=(\d+) addr=(\S+)/.exec(String(info));
      return found === null ? [] : [[found[1]!, found[2]!] as const];
    });
  }
}

/** A server that may not be told its scripts in advance learns each when it is first used. */
export async function loadScripts(nodes: readonly NodeClient[]): Promise<void> {
  const load = (node: NodeClient) =>
    ALL_SCRIPTS.map(({ text }) => node.sendCommand(['SCRIPT', 'LOAD', text]).catch(() => undefined));
  await Promise.all(nodes.flatMap(load));
}

/**
 * Notes in the namespace how it is stored, or finds that another version of this package has stored it otherwise; then
 * nothing is touched. Throws a CacheConfigError.
 */
export async function checkFormat(names: RecordNames, send: Connection['send'], tier: string): Promise<void> {
  const came = await send(names.format, ['SET', names.format, FORMAT, 'NX', 'GET']);
  if (textOrNull(came) === null || came === FORMAT) return;
  throw new CacheConfigError(
    `${tier}: namespace: is stored in another format than ${FORMAT}; update @pw/tier-redis, or use another namespace`,
  );
}
