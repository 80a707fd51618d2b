import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';
import { RedisServer } from './redis-server.ts';

/** How long the nodes may take to find each other: far longer than usual, because the machine may be busy. */
const PATIENCE_MS = 90_000;

/** A cluster of three servers without replicas. */
export class RedisCluster {
  readonly nodes: readonly RedisServer[];

  private constructor(nodes: readonly RedisServer[]) {
    this.nodes = nodes;
  }

  static async start(): Promise<RedisCluster> {
    const nodes: RedisServer[] = [];
    const cluster = new RedisCluster(nodes);
    try {
      while (nodes.length < 3) nodes.push(await RedisServer.startWith(settingsOfNode));
      const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`);
      const args = ['--cluster', 'create', ...addresses, '--cluster-yes'];
      await promisify(execFile)('redis-cli', args, { timeout: PATIENCE_MS });
      await cluster.works();
      return cluster;
    } catch (error) {
      await cluster.end();
      throw error;
    }
  }

  /** Waits until every node has found all others. */
  async works(): Promise<void> {
    for (const node of this.nodes)
      await until(
        'the cluster works',
        async () => (await node.ask('CLUSTER', 'INFO').catch(() => '')).includes('cluster_state:ok'),
        PATIENCE_MS,
      );
  }

  async end(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.end()));
  }
}

async function settingsOfNode(): Promise<readonly string[]> {
  const bus = String(await freePort());
  return ['--cluster-enabled', 'yes', '--cluster-port', bus, '--cluster-node-timeout', '2000'];
}
