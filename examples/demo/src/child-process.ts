import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';

/** Runs a program with this version of Node.js and returns its standard output. Throws if it fails. */
export async function runNode(program: string, args: readonly string[], env: Record<string, string>): Promise<string> {
  const child = spawn(process.execPath, [...process.execArgv, program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, 'close')]);
  if (code !== 0) throw new Error(`${program} exited with code ${String(code)}`);
  return output;
}
