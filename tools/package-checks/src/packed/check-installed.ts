import { join } from 'node:path';
import type { CheckList } from '../check-list.ts';
import { lostDefinitions } from '../editor/lost-definitions.ts';
import { runOrThrow } from '../run-command.ts';
import { entriesOf, type Manifest, publicPackages, readJson } from '../workspace.ts';
import { checkTypes } from './check-types.ts';
import { installProject } from './install-project.ts';
import type { Tarballs } from './pack-packages.ts';

/**
 * Checks that the packed packages work in a project outside this workspace: ES modules, CommonJS, TypeScript, commands.
 */
export async function checkInstalled(list: CheckList, tarballs: Tarballs, area: string): Promise<void> {
  const names = Object.keys(tarballs);
  let folder = '';
  await list.check('all packages: npm install', async () => {
    folder = await installProject(area, 'every-package', tarballs, names);
  });
  if (folder === '') return;
  for (const program of ['esm.mjs', 'commonjs.cjs', 'signals.mjs']) {
    await list.check(`all packages: ${program}`, () => runOrThrow(process.execPath, [program, ...names], folder));
  }
  await list.check('all packages: TypeScript', () => checkTypes(folder, names, ['types.mts']));
  for (const name of names) {
    await list.check(`${name}: definitions are in the shipped source`, () => checkDefinitions(folder, name));
  }
  for (const command of publicPackages().flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}))) {
    await list.check(`all packages: ${command} --help`, () => checkCommand(folder, command));
  }
}

function checkDefinitions(folder: string, name: string): void {
  const root = join(folder, 'node_modules', name);
  const entries = entriesOf(readJson<Manifest>(join(root, 'package.json')));
  const lost = entries.flatMap(({ types }) => lostDefinitions(join(root, types), root));
  if (lost.length > 0) throw new Error(lost.join('\n'));
}

async function checkCommand(folder: string, command: string): Promise<void> {
  const help = await runOrThrow(join(folder, 'node_modules/.bin', command), ['--help'], folder);
  if (!help.includes(command)) throw new Error(`the help does not name the command:\n${help}`);
}
