import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { bundleProgram, ScriptedServer } from '@pw/test-support';
import { describe, expect, it, type TestContext } from 'vitest';
import type { Report } from './hostile-child.ts';
import { HOSTILE_CLUSTERS, HOSTILE_KINDS } from './hostile-kinds.ts';

const CHILD = await bundleProgram(fileURLToPath(new URL('./hostile-child.ts', import.meta.url)));
const TIMEOUT_MS = 200;
const PASS_TIMEOUT_MS = 400;
/**
 * The factor by which a call may exceed its deadline on a busy machine; it still tells a slow call from an endless one.
 */
const PATIENCE = 20;
/**
 * Longest time of a call: reopening, which each call may try, then a pass, and the step that runs when the pass times
 * out.
 */
const DEADLINE_MS = TIMEOUT_MS + PASS_TIMEOUT_MS + TIMEOUT_MS;
/** Time limit of a child process. */
const PATIENCE_MS = 120_000;
/** Four times the longest reply that is accepted. */
const MOST_BYTES = 256 * 2 ** 20;

describe('RedisCacheTier and hostile servers', () => {
  async function expectNoHarm(
    { onTestFinished }: TestContext,
    kind: string,
    ...more: readonly string[]
  ): Promise<void> {
    const server = await ScriptedServer.start(HOSTILE_KINDS[kind]!);
    onTestFinished(() => server.end());
    const args = ['--conditions=@pw/source', CHILD, server.url, String(TIMEOUT_MS), String(PASS_TIMEOUT_MS), ...more];
    const limits = { timeout: PATIENCE_MS, killSignal: 'SIGKILL' as const };
    const report = JSON.parse((await promisify(execFile)(process.execPath, args, limits)).stdout) as Report;
    expect(report.unhandled).toEqual([]);
    expect(report.wrong).toEqual([]);
    for (const [name, took] of Object.entries(report.took)) expect(took, name).toBeLessThan(DEADLINE_MS * PATIENCE);
    expect(report.grown).toBeLessThan(MOST_BYTES);
  }

  // Run concurrently, because the children mostly wait for their timeouts.
  it.concurrent.for(Object.keys(HOSTILE_KINDS))(
    'settles every call in time, returns nothing wrong and lets the process exit when a server %s',
    { timeout: PATIENCE_MS },
    (kind, context) => expectNoHarm(context, kind),
  );
  it.concurrent.for(HOSTILE_CLUSTERS)(
    'settles every call in time, returns nothing wrong and lets the process exit when a cluster node %s',
    { timeout: PATIENCE_MS },
    (kind, context) => expectNoHarm(context, kind, 'cluster'),
  );

  it('covers at least sixteen kinds of servers', () => {
    expect(Object.keys(HOSTILE_KINDS).length).toBeGreaterThanOrEqual(16);
  });
});
