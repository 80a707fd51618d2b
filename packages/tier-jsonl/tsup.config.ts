import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join } from 'node:path';
import { defineConfig, type Options } from 'tsup';

type Plugin = NonNullable<Options['esbuildPlugins']>[number];

/**
 * A bundled CommonJS module calls `require('path')`, but an ES module has no `require`. So the call is turned into an
 * import, which every runtime and every later bundler understands.
 */
const importBuiltins: Plugin = {
  name: 'import-builtins',
  setup({ onResolve, onLoad }) {
    const builtins = new RegExp(`^(${builtinModules.join('|')})$`);
    onResolve({ filter: builtins }, ({ kind, path }) =>
      kind === 'require-call' ? { path, namespace: 'builtin' } : undefined,
    );
    onLoad({ filter: /./, namespace: 'builtin' }, ({ path }) => ({ contents: `export * from 'node:${path}';` }));
  },
};

/** Copies the licences of the bundled packages beside the bundle. */
const keepLicences: Plugin = {
  name: 'keep-licences',
  setup({ onLoad, onEnd }) {
    const packages = new Map<string, string>();
    onLoad({ filter: /[/\\]node_modules[/\\]/ }, ({ path }) => {
      const found = /^.*[/\\]node_modules[/\\]((?:@[^/\\]+[/\\])?[^/\\]+)/.exec(path);
      if (found !== null) packages.set(found[1]!, found[0]);
      return undefined;
    });
    onEnd(() => {
      const texts = [...packages].sort().map(([name, folder]) => `${name}\n\n${licenceOf(folder)}`);
      mkdirSync('dist', { recursive: true });
      writeFileSync(join('dist', 'third-party-licences.txt'), texts.join('\n\n'));
    });
  },
};

function licenceOf(folder: string): string {
  const file = existsSync(folder) ? readdirSync(folder).find((name) => /^licen[cs]e/i.test(name)) : undefined;
  if (file === undefined) throw new Error(`${folder} has no licence text: it must not be bundled`);
  return readFileSync(join(folder, file), 'utf8').trim();
}

export default defineConfig({
  entry: ['src/index.ts'],
  format: 'esm',
  target: 'node22.12',
  tsconfig: 'tsconfig.build.json',
  sourcemap: true,
  clean: true,
  // Bundled together with its patch, which would not reach users who install the package:
  // docs/decisions/host-signals.md.
  noExternal: ['proper-lockfile'],
  esbuildPlugins: [importBuiltins, keepLicences],
});
