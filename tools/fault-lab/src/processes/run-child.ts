import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';

export interface ChildOptions {
  /** Put before `node` on the command line: a program such as strace, with its arguments. */
  readonly wrapper?: readonly string[];
  /** Where standard output goes: the ledger. */
  readonly ledger: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds after which the child and everything it started are killed. */
  readonly timeout?: number;
}

/** How a child ended; `errors` is its standard error. */
export interface ChildEnd {
  readonly isTimedOut: boolean;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly errors: string;
}

/** Starts a script that resolves the workspace's packages to their sources. */
export function startChild(
  script: string,
  args: readonly string[],
  options: ChildOptions,
): { readonly child: ChildProcess; readonly end: Promise<ChildEnd> } {
  const ledger = openSync(options.ledger, 'a', 0o600);
  const [command, ...rest] = [...(options.wrapper ?? []), process.execPath, '--conditions=@pw/source', script, ...args];
  // Whether Node.js has compiled a module before must not change the number of its system calls.
  const env = { ...process.env, NODE_DISABLE_COMPILE_CACHE: '1', ...options.env };
  // A process group of its own, so that a wrapper's children end with it.
  const child = spawn(command!, rest, { stdio: ['ignore', ledger, 'pipe'], env, detached: true });
  closeSync(ledger);
  let isTimedOut = false;
  const timer = setTimeout(() => {
    isTimedOut = true;
    process.kill(-child.pid!, 'SIGKILL');
  }, options.timeout ?? 60_000);
  let errors = '';
  child.stderr!.setEncoding('utf8').on('data', (text: string) => {
    errors += text;
  });
  const end = once(child, 'close').then(([code, signal]): ChildEnd => {
    clearTimeout(timer);
    return { code, signal, errors, isTimedOut };
  });
  return { child, end };
}

/** Runs a script to its end. */
export function runChild(script: string, args: readonly string[], options: ChildOptions): Promise<ChildEnd> {
  return startChild(script, args, options).end;
}
