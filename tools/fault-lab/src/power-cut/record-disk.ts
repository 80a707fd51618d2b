import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from '../processes/run-child.ts';
import { straceCommand } from '../strace/strace.ts';
import { parseTrace } from '../strace/trace.ts';
import { DISK_CALLS, type DiskOperation, DiskOperations } from './disk-operations.ts';

/** A program's operations on the folder `root`; `remove` deletes that folder. */
export interface Recording {
  readonly root: string;
  readonly operations: readonly DiskOperation[];
  remove(): void;
}

/**
 * Runs a script to its end under strace. Its first argument is the store's folder, and its standard output the ledger.
 */
export async function recordDisk(script: string, args: readonly string[] = []): Promise<Recording> {
  const folder = mkdtempSync(join(tmpdir(), 'pw-disk-'));
  const [root, ledger, log] = [join(folder, 'root'), join(folder, 'ledger'), join(folder, 'trace')];
  const wrapper = straceCommand(log, DISK_CALLS);
  const { code, errors } = await runChild(script, [join(root, 'store'), ...args], { wrapper, ledger });
  if (code !== 0) throw new Error(`the recorded writer failed: ${errors}`);
  const { operations } = new DiskOperations(root, ledger, parseTrace(readFileSync(log, 'utf8')));
  return { root, operations, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
