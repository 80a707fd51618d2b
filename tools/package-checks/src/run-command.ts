import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

const FETCH_TRIES = 3;
const FETCH_PAUSE_MS = 5000;

export interface CommandResult {
  /** Exit status, or 128 when a signal ended the command. */
  readonly status: number;
  /** Standard output and error, interleaved. */
  readonly output: string;
}

/** Runs a command without standard input and waits for it. Rejects only if it cannot be started. */
export function runCommand(command: string, args: readonly string[], cwd: string): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd, env: plainEnvironment(), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', reject);
    child.on('close', (status, signal) =>
      resolve({ status: status ?? 128, output: signal === null ? output : `${output}\nended by ${signal}` }),
    );
  });
}

/** Like `runCommand`, but throws an error with the output if the command fails. */
export async function runOrThrow(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { status, output } = await runCommand(command, args, cwd);
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')}: exit status ${status}\n${output.trim()}`);
  return output;
}

/** Like `runOrThrow`, for a command that downloads something: retries it, because a registry may fail for a moment. */
export async function fetchOrThrow(command: string, args: readonly string[], cwd: string): Promise<string> {
  for (let left = FETCH_TRIES - 1; left > 0; left--) {
    const { status, output } = await runCommand(command, args, cwd);
    if (status === 0) return output;
    await sleep(FETCH_PAUSE_MS);
  }
  return runOrThrow(command, args, cwd);
}

// NODE_PATH, set by the package manager's launchers, would let programs outside the workspace find its packages.
function plainEnvironment(): NodeJS.ProcessEnv {
  const { NODE_PATH: _path, NODE_OPTIONS: _options, ...rest } = process.env;
  return { ...rest, NO_COLOR: '1' };
}
