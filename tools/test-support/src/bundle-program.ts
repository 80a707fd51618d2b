import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { BuildOptions, Loader, Plugin } from 'esbuild';

/** Where the bundles of all tests are kept. */
export const BUNDLES = join(import.meta.dirname, '..', '..', '..', 'node_modules', '.cache', 'programs');
/** Packages with native code. A bundle loads them from where the importing module would. */
const NATIVE = /^(better-sqlite3|esbuild)$/;

/**
 * Bundles a TypeScript program with the sources of the workspace that it imports, and returns the path of the bundle. A
 * process that runs the bundle starts in a fraction of the time that it needs to load some 200 source files. Do not use
 * it for a program that patches a module which it finds by its path: the bundle has its own copy.
 */
export async function bundleProgram(path: string): Promise<string> {
  const { build } = await import('esbuild');
  const { outputFiles } = await build({ ...bundleOptions(), entryPoints: [path] });
  const text = outputFiles[0]!.text;
  const hash = createHash('sha256').update(path).update(text).digest('hex').slice(0, 16);
  const bundle = join(BUNDLES, `${basename(path, '.ts')}-${hash}.mjs`);
  mkdirSync(BUNDLES, { recursive: true });
  // Two workers may bundle the same program.
  const temporary = `${bundle}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, bundle);
  return bundle;
}

/** How esbuild bundles TypeScript sources of the workspace, in memory. */
export function bundleOptions(): BuildOptions & { readonly write: false } {
  return {
    bundle: true,
    write: false,
    platform: 'node',
    format: 'esm',
    target: 'node22.12',
    conditions: ['@pw/source'],
    keepNames: true,
    // Defines `require` for CommonJS dependencies. Written so that `sourceLocations` leaves it alone when this file is
    // bundled.
    banner: {
      js: "import { createRequire as $require } from 'node:module'; const require = $require(import.meta['url']);",
    },
    plugins: [nativePackages, sourceLocations],
  };
}

const nativePackages: Plugin = {
  name: 'native packages',
  setup({ onResolve }) {
    onResolve({ filter: NATIVE }, ({ path, importer }) => ({
      path: pathToFileURL(createRequire(importer).resolve(path)).href,
      external: true,
    }));
  },
};

/**
 * In a bundle, `import.meta` still describes the source file: modules find files and packages with it. The query of the
 * URL is that with which the bundle was loaded.
 */
const sourceLocations: Plugin = {
  name: 'source locations',
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.')) return undefined;
      const contents = text
        .replaceAll(
          'import.meta.url',
          `(${JSON.stringify(pathToFileURL(path).href)} + new URL(import.meta.url).search)`,
        )
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path));
      return { contents, loader: 'ts' satisfies Loader };
    });
  },
};
