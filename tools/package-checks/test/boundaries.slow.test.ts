import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTempDir } from '@pw/test-support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { makeSkeleton } from '../src/releases/workspace-skeleton.ts';
import { runCommand } from '../src/run-command.ts';
import { type Manifest, readJson, readWorkspace, workspaceRoot } from '../src/workspace.ts';

type DependencyKind = 'dependencies' | 'devDependencies' | 'optionalDependencies';

const TIERS = ['@pw/tier-memory', '@pw/tier-jsonl', '@pw/tier-sqlite'];
const FORBIDDEN: readonly (readonly [from: string, to: string, why: string])[] = [
  ['@pw/tier-memory', '@pw/tier-jsonl', 'tier'],
  ['@pw/tier-jsonl', '@pw/tier-sqlite', 'tier'],
  ['@pw/tier-sqlite', '@pw/tier-memory', 'tier'],
  ...TIERS.map((tier) => [tier, '@pw/cache-crypto', 'crypto'] as const),
  ...TIERS.map((tier) => [tier, '@pw/cache-manager', 'manager'] as const),
  ['@pw/cache-models', '@pw/tier-memory', 'tier'],
  ['@pw/cache-models', '@pw/cache-crypto', 'crypto'],
  ['@pw/cache-models', '@pw/cache-manager', 'manager'],
  ['@pw/cache-crypto', '@pw/tier-memory', 'tier'],
  ['@pw/cache-manager', '@pw/cache-cli', 'cli'],
  ['@pw/cache-manager', '@pw/package-checks', 'tool'],
  ['@pw/test-support', '@pw/tier-memory', 'tier'],
];

/** A copy of the workspace into which imports can be planted. */
class Copy {
  readonly root = makeTempDir(onTestFinished);

  constructor() {
    makeSkeleton(this.root);
  }

  write(name: string, file: string, text: string): void {
    writeFileSync(join(this.root, folderOf(name), file), text);
  }

  declare(from: string, to: string, kind: DependencyKind): void {
    const file = join(this.root, folderOf(from), 'package.json');
    const manifest = readJson<Manifest>(file);
    const changed = { ...manifest, [kind]: { ...manifest[kind], [to]: 'workspace:*' } };
    writeFileSync(file, JSON.stringify(changed, null, 2));
  }

  /** Runs `turbo boundaries`; its output is joined to one line, as turbo wraps long ones and draws frames. */
  async boundaries(): Promise<{ status: number; output: string }> {
    const turbo = join(workspaceRoot, 'node_modules/.bin/turbo');
    const { status, output } = await runCommand(turbo, ['--skip-infer', 'boundaries'], this.root);
    return { status, output: output.replace(/\s*\n\s*(\|\s*)?/g, '') };
  }
}

describe('turbo boundaries', () => {
  it('finds no problem in the workspace', async () => {
    const { status, output } = await new Copy().boundaries();
    expect(output).toContain('no issues found');
    expect(status).toBe(0);
  });

  it.each(FORBIDDEN)('stops %s from importing %s', async (from, to, why) => {
    const copy = new Copy();
    copy.declare(from, to, 'dependencies');
    copy.write(from, 'src/planted.ts', `import '${to}';\n`);
    const { status, output } = await copy.boundaries();
    expect(output).toMatch(new RegExp(`Package \`${to}\` found with tag listed in denylist for[^:]*: \`${why}\``));
    expect(status).not.toBe(0);
  });

  it.each<DependencyKind>(['devDependencies', 'optionalDependencies'])('checks %s like dependencies', async (kind) => {
    const copy = new Copy();
    copy.declare('@pw/tier-memory', '@pw/tier-jsonl', kind);
    const { status, output } = await copy.boundaries();
    expect(output).toContain('Package `@pw/tier-jsonl` found with tag listed in denylist');
    expect(status).not.toBe(0);
  });

  it.each([
    ['a static import', "import '@pw/tier-jsonl';"],
    ['a type import', "import type { Tier } from '@pw/tier-jsonl';\nexport type Mine = Tier;"],
    ['a dynamic import', "await import('@pw/tier-jsonl');"],
    ['a re-export', "export * from '@pw/tier-jsonl';"],
  ])('stops %s of a package that is not declared', async (_what, text) => {
    const copy = new Copy();
    copy.write('@pw/tier-memory', 'src/planted.ts', text);
    const { status, output } = await copy.boundaries();
    expect(output).toContain('cannot import package `@pw/tier-jsonl` because it is not a dependency');
    expect(status).not.toBe(0);
  });

  it('stops an import from outside the workspace that is not declared', async () => {
    const copy = new Copy();
    copy.write('@pw/cache-models', 'src/planted.ts', "import 'better-sqlite3';\n");
    const { status, output } = await copy.boundaries();
    expect(output).toContain('cannot import package `better-sqlite3` because it is not a dependency');
    expect(status).not.toBe(0);
  });

  it('stops a relative import that leaves a package', async () => {
    const copy = new Copy();
    copy.write('@pw/cache-manager', 'src/planted.ts', "import '../../tier-memory/src/index.ts';\n");
    const { status, output } = await copy.boundaries();
    expect(output).toContain('leaves the package');
    expect(status).not.toBe(0);
  });

  it('lets the manager import a tier that it declares', async () => {
    const copy = new Copy();
    copy.write('@pw/cache-manager', 'src/planted.ts', "export * from '@pw/tier-memory';\n");
    expect(await copy.boundaries()).toMatchObject({ status: 0 });
  });
});

// Rules that turbo does not check.
describe('the workspace', () => {
  it('gives every package a tag: turbo does not restrict packages without one', () => {
    const rules = readJson<{ boundaries: { tags: object } }>(join(workspaceRoot, 'turbo.json')).boundaries.tags;
    for (const { name, folder } of readWorkspace().filter((each) => each.folder.startsWith('packages/'))) {
      const { tags } = readJson<{ tags: string[] }>(join(workspaceRoot, folder, 'turbo.json'));
      expect(tags, name).toHaveLength(1);
      expect(Object.keys(rules), name).toContain(tags[0]);
    }
  });

  it('repeats every peer dependency between packages as a development dependency, which turbo checks', () => {
    const names = new Set(readWorkspace().map(({ name }) => name));
    for (const { name, manifest } of readWorkspace()) {
      const peers = Object.keys(manifest.peerDependencies ?? {}).filter((peer) => names.has(peer));
      expect(Object.keys(manifest.devDependencies ?? {}), name).toEqual(expect.arrayContaining(peers));
    }
  });

  it('exempts no import from the check', async () => {
    const mark = ['@boundaries', 'ignore'].join('-');
    const { output } = await runCommand('git', ['grep', '-l', mark], workspaceRoot);
    expect(output).toBe('');
  });
});

function folderOf(name: string): string {
  const found = readWorkspace().find((each) => each.name === name);
  if (found === undefined) throw new Error(`no package ${name}`);
  return found.folder;
}
