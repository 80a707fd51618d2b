import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CheckList } from '../check-list.ts';
import { runOrThrow } from '../run-command.ts';
import { readJson, workspaceRoot } from '../workspace.ts';

const BIN = join(workspaceRoot, 'tools/package-checks/node_modules/.bin');

/** Checks the contents, the manifest and the declarations of one packed package. */
export async function checkTarball(list: CheckList, name: string, tarball: string, area: string): Promise<void> {
  await list.check(`${name}: contents`, () => checkContents(tarball, join(area, 'unpacked', name)));
  await list.check(`${name}: publint`, () => runOrThrow(join(BIN, 'publint'), [tarball, '--strict'], area));
  await list.check(`${name}: are the types wrong`, () =>
    runOrThrow(join(BIN, 'attw'), [tarball, '--profile', 'esm-only', '--no-color', '--no-emoji'], area),
  );
}

async function checkContents(tarball: string, unpacked: string): Promise<void> {
  mkdirSync(unpacked, { recursive: true });
  await runOrThrow('tar', ['-xzf', tarball, '-C', unpacked], unpacked);
  const files = (await runOrThrow('tar', ['-tzf', tarball], unpacked)).trim().split('\n');
  const missing = ['README.md', 'LICENSE', 'package.json', 'dist/index.js', 'dist/index.d.ts'].filter(
    (file) => !files.includes(`package/${file}`),
  );
  if (missing.length > 0) throw new Error(`missing: ${missing.join(', ')}`);
  const stray = files.filter(
    (file) => !/^package\/(dist\/|src\/|(README|CHANGELOG)\.md$|LICENSE$|package\.json$)/.test(file),
  );
  if (stray.length > 0) throw new Error(`not meant for users: ${stray.join(', ')}`);
  const local = readFileSync(join(unpacked, 'package/package.json'), 'utf8').match(
    /"(workspace|catalog|file|link):[^"]*"/,
  );
  if (local !== null) throw new Error(`the manifest names a version that only the workspace knows: ${local[0]}`);
  checkLicences(join(unpacked, 'package/dist'));
}

/** A package that bundles other code must contain its licence. */
function checkLicences(dist: string): void {
  const maps = readdirSync(dist).filter((file) => file.endsWith('.js.map'));
  const sources = maps.flatMap((file) => readJson<{ sources: string[] }>(join(dist, file)).sources);
  const bundled = new Set(
    sources.flatMap((source) => /^.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(source)?.[1] ?? []),
  );
  const file = join(dist, 'third-party-licences.txt');
  const licences = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
  const missing = [...bundled].filter((name) => !licences.includes(name));
  if (missing.length > 0) throw new Error(`bundled without a licence: ${missing.join(', ')}`);
}
