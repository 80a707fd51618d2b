import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { workspaceRoot } from '../workspace.ts';

/**
 * Passes `work` a folder outside the workspace, so that nothing in it resolves by accident, and removes it afterwards.
 * With PW_CHECK_AREA set, that folder is used and kept: several checks then share tarballs and installed projects.
 */
export async function withCheckArea(work: (area: string) => Promise<void>): Promise<void> {
  const shared = process.env['PW_CHECK_AREA'];
  if (shared !== undefined && shared !== '') {
    const area = resolve(shared);
    if (`${area}/`.startsWith(workspaceRoot)) throw new Error('PW_CHECK_AREA must be outside the workspace');
    mkdirSync(area, { recursive: true });
    await work(area);
    return;
  }
  const area = mkdtempSync(join(tmpdir(), 'pw-checks-'));
  try {
    await work(area);
  } finally {
    rmSync(area, { recursive: true, force: true });
  }
}
