import { CacheConfigError } from '@pw/cache-models';
import type { RecordNames } from '../records/record-names.ts';
import { ALL_SCRIPTS } from '../records/scripts.ts';
import { FORMAT } from '../records/stored-record.ts';
import { stringOrNull } from '../replies/reply-parsers.ts';
import type { Connection } from './connection.ts';
import type { NodeClient } from './server-client.ts';

/** Prepares each new connection of a tier: ends the previous one, loads the scripts, and checks the storage format. */
export function connectionSetup(names: RecordNames, tier: string) {
  const fence = new Fence();
  return async (nodes: readonly NodeClient[], send: Connection['send']): Promise<void> => {
    await fence.raise(nodes);
    await Promise.all([loadScripts(nodes), checkFormat(names, send, tier)]);
  };
}

/**
 * Keeps commands of an earlier connection of this tier from taking effect late. A paused server would read them when it
 * resumes, and they would undo newer ones. Ending the earlier connection makes the server discard what it has not read.
 */
class Fence {
  #earlier: readonly (readonly [id: string, address: string])[] = [];

  async raise(nodes: readonly NodeClient[]): Promise<void> {
    const ended = this.#earlier;
    const kill = (node: NodeClient) =>
      // By id and address: a restarted server assigns the same ids to other clients.
      ended.map(([id, address]) => node.sendCommand(['CLIENT', 'KILL', 'ID', id, 'ADDR', address]).catch(() => 0));
    await Promise.all(nodes.flatMap(kill));
    const infos = await Promise.all(nodes.map((node) => node.sendCommand(['CLIENT', 'INFO']).catch(() => '')));
    this.#earlier = infos.flatMap((info) => {
      const found = /\bid=(\d+) addr=(\S+)/.exec(String(info));
      return found === null ? [] : [[found[1]!, found[2]!] as const];
    });
  }
}

/** Loads the scripts in advance. Where the server does not allow that, each is sent when it is first used. */
async function loadScripts(nodes: readonly NodeClient[]): Promise<void> {
  const load = (node: NodeClient) =>
    ALL_SCRIPTS.map(({ text }) => node.sendCommand(['SCRIPT', 'LOAD', text]).catch(() => undefined));
  await Promise.all(nodes.flatMap(load));
}

/**
 * Records the storage format in the namespace. Throws a CacheConfigError, and changes nothing, if the namespace is
 * already stored in another format.
 */
async function checkFormat(names: RecordNames, send: Connection['send'], tier: string): Promise<void> {
  const reply = await send(names.format, ['SET', names.format, FORMAT, 'NX', 'GET']);
  if (stringOrNull(reply) === null || reply === FORMAT) return;
  throw new CacheConfigError(
    `${tier}: namespace: is not stored in format ${FORMAT}; update @pw/tier-redis, or use another namespace`,
  );
}
