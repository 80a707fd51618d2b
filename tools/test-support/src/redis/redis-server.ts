import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../until.ts';

const MISSING =
  'redis-server is not installed: apt-get install redis-server (Debian, Ubuntu), brew install redis (macOS)';

/** True, with a warning, if redis-server is not installed and its tests must be skipped; in CI it throws instead. */
export function isServerMissing(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return false;
  if (process.env['CI'] === 'true') throw new Error(MISSING);
  console.warn(`skipped: ${MISSING}`);
  return true;
}

/** A server for one suite, on loopback, with a free port and a temporary folder. */
export class RedisServer {
  readonly port: number;
  readonly directory: string;
  readonly #settings: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(port: number, directory: string, settings: readonly string[]) {
    this.port = port;
    this.directory = directory;
    this.#settings = settings;
  }

  /** `settings` are command-line arguments: `'--appendonly', 'yes'`. */
  static async start(...settings: readonly string[]): Promise<RedisServer> {
    const directory = await mkdtemp(join(tmpdir(), 'pw-redis-'));
    const server = new RedisServer(await freePort(), directory, settings);
    await server.start();
    return server;
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const settings = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.directory, '--save', ''];
    this.#process = spawn('redis-server', [...settings, ...this.#settings], { stdio: 'ignore' });
    await this.answers();
  }

  /** Waits until the server answers, even with an error. */
  async answers(): Promise<void> {
    await until('an answer of the server', async () => /\S/.test(await this.ask('PING').catch(() => '')));
  }

  /** Runs one command with redis-cli, as the administrator, and returns its output. */
  ask(...args: readonly string[]): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile('redis-cli', ['-p', String(this.port), ...args], (error, answer) =>
        error === null ? resolve(answer.trim()) : reject(error),
      );
    });
  }

  freeze(): void {
    this.#process!.kill('SIGSTOP');
  }
  goOn(): void {
    this.#process!.kill('SIGCONT');
  }

  /** Kills the server with SIGKILL, like a crash. */
  async kill(): Promise<void> {
    const running = this.#process;
    if (running === undefined) return;
    this.#process = undefined;
    const gone = new Promise((resolve) => running.once('exit', resolve));
    running.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
