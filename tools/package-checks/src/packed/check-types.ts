import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runOrThrow } from '../run-command.ts';
import { workspaceRoot } from '../workspace.ts';

// The strictest compiler options, which also check the declarations of dependencies.
const COMPILER_OPTIONS = {
  target: 'es2023',
  lib: ['es2024', 'esnext.disposable'],
  module: 'nodenext',
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  skipLibCheck: false,
  noEmit: true,
};

/** Compiles a program that imports all packages, and the given programs, in a project where they are installed. */
export async function checkTypes(
  folder: string,
  names: readonly string[],
  programs: readonly string[] = [],
): Promise<void> {
  const everything = names.map((name, index) => `import * as package${index} from '${name}';`);
  const used = `export const packages = [${names.map((_, index) => `package${index}`).join(', ')}];`;
  writeFileSync(join(folder, 'every-package.mts'), [...everything, used, ''].join('\n'));
  const config = { compilerOptions: COMPILER_OPTIONS, files: ['every-package.mts', ...programs] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config, null, 2));
  await runOrThrow(join(workspaceRoot, 'node_modules/.bin/tsc'), ['-p', folder], folder);
}
