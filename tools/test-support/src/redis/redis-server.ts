import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../until.ts';
import { freePort } from './free-port.ts';

const MISSING =
  'redis-server is not installed: apt-get install redis-server (Debian, Ubuntu), brew install redis (macOS)';

/** True, with a warning, if redis-server is not installed and its tests must be skipped; in CI it throws instead. */
export function isServerMissing(): boolean {
  if (spawnSync('redis-server', ['--version']).status === 0) return false;
  if (process.env['CI'] === 'true') throw new Error(MISSING);
  console.warn(`skipped: ${MISSING}`);
  return true;
}

/** Ports that are tried before a new server gives up. */
const MOST_PORTS = 5;
/** How long a server waits for its own port when it starts again. */
const PORT_PATIENCE_MS = 5000;
/** How long one question to a starting server may take: what else listens on its port may never answer. */
const ANSWER_MS = 2000;
const PORT_TAKEN = /Address already in use|Failed listening on port/;

class EndedWhileStarting extends Error {
  readonly isPortTaken: boolean;

  constructor(output: string) {
    super(`redis-server ended while it was starting: ${output}`);
    this.isPortTaken = PORT_TAKEN.test(output);
  }
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
  static start(...settings: readonly string[]): Promise<RedisServer> {
    return RedisServer.startWith(() => settings);
  }

  /** For settings that need further ports: if another process takes one, others are chosen. */
  static async startWith(makeSettings: () => readonly string[] | Promise<readonly string[]>): Promise<RedisServer> {
    for (let left = MOST_PORTS - 1; ; left--) {
      const directory = await mkdtemp(join(tmpdir(), 'pw-redis-'));
      const server = new RedisServer(await freePort(), directory, await makeSettings());
      try {
        await server.#run();
        return server;
      } catch (error) {
        await server.end();
        if (left === 0 || !isPortTaken(error)) throw error;
      }
    }
  }

  get url(): string {
    return `redis://127.0.0.1:${this.port}`;
  }

  /** Starts the server again after {@link kill}, and waits if another process holds its port for a moment. */
  async start(): Promise<void> {
    for (const end = performance.now() + PORT_PATIENCE_MS; ; await sleep(50)) {
      try {
        return await this.#run();
      } catch (error) {
        if (!isPortTaken(error) || performance.now() > end) throw error;
      }
    }
  }

  async #run(): Promise<void> {
    const settings = ['--bind', '127.0.0.1', '--port', String(this.port), '--dir', this.directory, '--save', ''];
    const running = spawn('redis-server', [...settings, ...this.#settings], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#process = running;
    let output = '';
    for (const stream of [running.stdout, running.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output = (output + text).slice(-4000);
      });
    const ended = once(running, 'close').then(() => Promise.reject(new EndedWhileStarting(output)));
    await Promise.race([ended, this.#answers(running).then(() => (hasEnded(running) ? ended : undefined))]);
  }

  /** Waits until this process answers, not another one on its port. Even a server that loads its data does. */
  async #answers(running: ChildProcess): Promise<void> {
    const isIt = new RegExp(`^process_id:${running.pid}\\r?$`, 'm');
    await until(
      'an answer of the server',
      async () => hasEnded(running) || isIt.test(await this.#ask(['INFO', 'server'], ANSWER_MS).catch(() => '')),
    );
  }

  /** Runs one command with redis-cli, as the administrator, and returns its output. */
  ask(...args: readonly string[]): Promise<string> {
    return this.#ask(args);
  }

  #ask(args: readonly string[], timeout = 0): Promise<string> {
    return new Promise((resolve, reject) => {
      execFile('redis-cli', ['-p', String(this.port), ...args], { timeout, killSignal: 'SIGKILL' }, (error, answer) =>
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
    this.#process = undefined;
    if (running === undefined || hasEnded(running)) return;
    const gone = once(running, 'exit');
    running.kill('SIGKILL');
    await gone;
  }

  async end(): Promise<void> {
    await this.kill();
    // A process that the server forked may still be writing.
    await rm(this.directory, { recursive: true, force: true, maxRetries: 10 });
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function isPortTaken(error: unknown): boolean {
  return error instanceof EndedWhileStarting && error.isPortTaken;
}
