import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { bundleProgram } from '@pw/test-support';

const WRITER = await bundleProgram(join(import.meta.dirname, 'writing-child.ts'));

/** Starts `writing-child.ts` and waits until its tier is open. */
export async function startWriter(...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['--conditions=@pw/source', WRITER, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout!, 'data');
  return child;
}

export async function exitOf(child: ChildProcess): Promise<number | null> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  return child.exitCode;
}
