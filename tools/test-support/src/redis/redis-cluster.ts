import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from '../until.ts';
import { freePort, RedisServer } from './redis-server.ts';

/** A cluster of three servers without replicas. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start(): Promise<RedisCluster> {
    const nodes = await Promise.all(
      Array.from({ length: 3 }, async () => {
        const bus = String(await freePort());
        return RedisServer.start('--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', '2000');
      }),
    );
    const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
    await promisify(execFile)('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
    const cluster = new RedisCluster(nodes);
    await cluster.works();
    return cluster;
  }

  /** Waits until every node has found all others. */
  async works(): Promise<void> {
    for (const node of this.nodes)
      await until('the cluster works', async () =>
        (await node.ask('CLUSTER', 'INFO').catch(() => '')).includes('cluster_state:ok'),
      );
  }

  async end(): Promise<void> {
    for (const node of this.nodes) await node.end();
  }
}
