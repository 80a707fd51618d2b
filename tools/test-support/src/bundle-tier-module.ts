import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { BUNDLES, bundleOptions } from './bundle-program.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');
/** The program that the conformance kit runs in its child processes. */
const KIT_CHILD = join(ROOT, 'packages', 'tier-testkit', 'src', 'child', 'child-main.ts');

/**
 * Bundles a module under test of the conformance kit, and the kit's own child program, and returns the `execArgv` with
 * which the child processes of the kit load the bundles in place of these two files. Such a process starts in a
 * fraction of the time that it needs to load some 200 source files.
 */
export async function bundleTierModule(module: URL): Promise<readonly string[]> {
  const { build } = await import('esbuild');
  const sources = [KIT_CHILD, fileURLToPath(module)];
  // Modules that both import go into a file of their own, so that they share one copy, as they do from source.
  const { outputFiles } = await build({
    ...bundleOptions(),
    entryPoints: sources,
    splitting: true,
    outdir: ROOT,
    outbase: ROOT,
    entryNames: '[dir]/[name]',
    chunkNames: '[name]-[hash]',
    outExtension: { '.js': '.mjs' },
  });
  const files = new Map(outputFiles.map(({ path, text }) => [relative(ROOT, path), text]));
  const hash = createHash('sha256');
  for (const [path, text] of files) hash.update(path).update(text);
  const folder = join(BUNDLES, `${basename(sources[1]!, '.ts')}-${hash.digest('hex').slice(0, 16)}`);
  const replacements = sources.map((path) => [
    pathToFileURL(path).href,
    pathToFileURL(join(folder, relative(ROOT, path).replace(/\.ts$/, '.mjs'))).href,
  ]);
  files.set('replace.mjs', replaceModules(replacements));
  writeFolder(folder, files);
  return ['--conditions=@pw/source', `--import=${pathToFileURL(join(folder, 'replace.mjs')).href}`];
}

/** A program that makes Node.js load other modules in place of those with the given URLs, with the same query. */
function replaceModules(replacements: readonly (readonly string[])[]): string {
  return `import { registerHooks } from 'node:module';
const replacements = new Map(${JSON.stringify(replacements)});
registerHooks({
  resolve(specifier, context, next) {
    const found = next(specifier, context);
    const [file, query] = found.url.split('?');
    const url = replacements.get(file);
    if (url === undefined) return found;
    return { ...found, url: query === undefined ? url : url + '?' + query, format: 'module' };
  },
});
`;
}

function writeFolder(folder: string, files: ReadonlyMap<string, string>): void {
  // Two workers may bundle the same module.
  const temporary = `${folder}.${process.pid}`;
  for (const [path, text] of files) {
    mkdirSync(join(temporary, path, '..'), { recursive: true });
    writeFileSync(join(temporary, path), text);
  }
  try {
    renameSync(temporary, folder);
  } catch {
    // Another one, or an earlier run, has written it.
    rmSync(temporary, { recursive: true });
  }
}
