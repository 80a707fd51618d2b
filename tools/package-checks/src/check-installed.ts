import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckList } from './check-list.ts';
import { installProject } from './install-project.ts';
import type { Tarballs } from './pack-packages.ts';
import { runOrThrow } from './run-command.ts';
import { publicPackages, workspaceRoot } from './workspace.ts';

/** Whether the packed packages work in a project that knows nothing of this workspace: ES modules, CommonJS, TypeScript, commands. */
export async function checkInstalled(list: CheckList, tarballs: Tarballs, area: string): Promise<void> {
  const names = Object.keys(tarballs);
  let folder = '';
  await list.check('all packages: npm install', async () => {
    folder = await installProject(area, 'every-package', tarballs, names);
  });
  if (folder === '') return;
  for (const program of ['esm.mjs', 'commonjs.cjs']) {
    await list.check(`all packages: ${program}`, () => runOrThrow(process.execPath, [program, ...names], folder));
  }
  await list.check('all packages: TypeScript', () => checkTypes(folder, names));
  for (const command of publicPackages().flatMap(({ manifest }) => Object.keys(manifest.bin ?? {}))) {
    await list.check(`all packages: ${command} --help`, () => checkCommand(folder, command));
  }
}

// As strict as a user's compiler may be, declarations of dependencies included, and without the types of Node.js.
const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  types: [],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
};

async function checkTypes(folder: string, names: readonly string[]): Promise<void> {
  const everything = names.map((name, index) => `import * as package${index} from '${name}';`);
  const used = `export const packages = [${names.map((_, index) => `package${index}`).join(', ')}];`;
  writeFileSync(join(folder, 'every-package.mts'), [...everything, used, ''].join('\n'));
  const config = { compilerOptions: COMPILER_OPTIONS, files: ['every-package.mts', 'types.mts'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config, null, 2));
  await runOrThrow(join(workspaceRoot, 'node_modules/.bin/tsc'), ['-p', folder], folder);
}

async function checkCommand(folder: string, command: string): Promise<void> {
  const help = await runOrThrow(join(folder, 'node_modules/.bin', command), ['--help'], folder);
  if (!help.includes(command)) throw new Error(`the help does not name the command:\n${help}`);
}
