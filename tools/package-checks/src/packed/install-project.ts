import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fetchOrThrow } from '../run-command.ts';
import { readJson, workspaceRoot } from '../workspace.ts';
import type { Tarballs } from './pack-packages.ts';

const TYPES_OF_NODE = readJson<{ version: string }>(
  join(workspaceRoot, 'node_modules/@types/node/package.json'),
).version;
const SMOKE = join(workspaceRoot, 'tools/package-checks/smoke');

/**
 * Installs packages from their tarballs, with npm, into an empty project with the smoke programs, once per area.
 * Dependencies on other packages of the workspace resolve to tarballs too. Returns the project's folder.
 */
export async function installProject(area: string, project: string, tarballs: Tarballs, names: readonly string[]) {
  const folder = join(area, project);
  if (existsSync(join(folder, 'node_modules'))) return folder;
  mkdirSync(folder, { recursive: true });
  const specs = Object.entries(tarballs).map(([name, tarball]) => [name, `file:${tarball}`] as const);
  const wanted = new Set(names);
  const manifest = {
    name: project,
    version: '1.0.0',
    private: true,
    dependencies: Object.fromEntries(specs.filter(([name]) => wanted.has(name))),
    // The only other dependency of a TypeScript program for Node.js.
    devDependencies: { '@types/node': TYPES_OF_NODE },
    overrides: Object.fromEntries(specs),
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest, null, 2));
  await fetchOrThrow('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], folder);
  cpSync(SMOKE, folder, { recursive: true });
  return folder;
}

/** The names of all packages under the project's node_modules, nested ones included. */
export function installedPackages(folder: string): string[] {
  const found = readdirSync(join(folder, 'node_modules'), { recursive: true, encoding: 'utf8' })
    .map((file) => /^(?:.*node_modules[/\\])?((?:@[^/\\]+[/\\])?[^/\\@.][^/\\]*)[/\\]package\.json$/.exec(file)?.[1])
    .filter((name) => name !== undefined);
  return [...new Set(found.map((name) => name.replace('\\', '/')))].sort();
}
