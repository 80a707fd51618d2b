import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runOrThrow } from '../run-command.ts';
import { publicPackages, workspaceRoot } from '../workspace.ts';
import { makeSkeleton } from './workspace-skeleton.ts';

export type Bump = 'major' | 'minor' | 'patch';
/** The packages that a release bumps, each with its bump. Packages that keep their version are absent. */
export type ReleasePlan = Readonly<Record<string, Bump>>;

/**
 * Runs `changeset version` with only these changesets (contents of files) on a copy of the workspace, and returns the
 * bumps.
 */
export async function planRelease(changesets: readonly string[]): Promise<ReleasePlan> {
  const root = mkdtempSync(join(tmpdir(), 'pw-release-'));
  try {
    makeSkeleton(root);
    const before = versions(root);
    changesets.forEach((text, index) => {
      writeFileSync(join(root, `.changeset/change-${index}.md`), text);
    });
    await runOrThrow(join(workspaceRoot, 'node_modules/.bin/changeset'), ['version'], root);
    const bumps = Object.entries(versions(root)).map(([name, after]) => [name, bumpOf(before[name] ?? '', after)]);
    return Object.fromEntries(bumps.filter(([, bump]) => bump !== undefined));
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

/** The content of a changeset that releases packages with a bump. */
export function changesetText(bump: Bump, ...names: readonly string[]): string {
  return ['---', ...names.map((name) => `'${name}': ${bump}`), '---', '', 'A change for users.', ''].join('\n');
}

/** The contents of the workspace's pending changesets. */
export function pendingChangesets(): string[] {
  const folder = join(workspaceRoot, '.changeset');
  return readdirSync(folder)
    .filter((file) => file.endsWith('.md') && file !== 'README.md')
    .map((file) => readFileSync(join(folder, file), 'utf8'));
}

function versions(root: string): Record<string, string> {
  return Object.fromEntries(publicPackages(root).map(({ name, manifest }) => [name, manifest.version]));
}

function bumpOf(before: string, after: string): Bump | undefined {
  if (before === after) return undefined;
  const [old, now] = [before.split('.'), after.split('.')];
  if (old[0] !== now[0]) return 'major';
  return old[1] === now[1] ? 'patch' : 'minor';
}
