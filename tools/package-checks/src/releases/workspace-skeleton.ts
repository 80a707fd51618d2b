import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readWorkspace, workspaceRoot } from '../workspace.ts';

/**
 * Copies the files that the workspace's tools read (settings and manifests, and an empty `src/index.ts` for each
 * package) into an empty folder, and commits them there. Changes of the copy do not affect the workspace.
 */
export function makeSkeleton(root: string): void {
  for (const file of ['package.json', 'pnpm-workspace.yaml', 'pnpm-lock.yaml', 'turbo.json', '.gitignore']) {
    cpSync(join(workspaceRoot, file), join(root, file));
  }
  mkdirSync(join(root, '.changeset'));
  cpSync(join(workspaceRoot, '.changeset/config.json'), join(root, '.changeset/config.json'));
  for (const { folder } of readWorkspace()) {
    mkdirSync(join(root, folder, 'src'), { recursive: true });
    for (const file of ['package.json', 'turbo.json'].filter((name) => existsSync(join(workspaceRoot, folder, name)))) {
      cpSync(join(workspaceRoot, folder, file), join(root, folder, file));
    }
    writeFileSync(join(root, folder, 'src/index.ts'), 'export {};\n');
  }
  symlinkSync(join(workspaceRoot, 'node_modules'), join(root, 'node_modules'));
  git(root, ['init', '-q', '-b', 'main']);
  git(root, ['add', '.']);
  git(root, ['-c', 'user.name=check', '-c', 'user.email=check@example.invalid', 'commit', '-q', '-m', 'Skeleton']);
}

function git(root: string, args: readonly string[]): void {
  execFileSync('git', ['-c', 'commit.gpgsign=false', ...args], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}
