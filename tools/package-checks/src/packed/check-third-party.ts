import { cpSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { CheckList } from '../check-list.ts';
import { fetchOrThrow, runOrThrow } from '../run-command.ts';
import { readJson, workspaceRoot } from '../workspace.ts';
import type { Tarballs } from './pack-packages.ts';

const EXAMPLE = join(workspaceRoot, 'examples/third-party-tier');

/** Checks that a third-party tier can be built, tested and used with published packages only. */
export async function checkThirdParty(list: CheckList, tarballs: Tarballs, area: string): Promise<void> {
  const folder = join(area, 'third-party-tier');
  let installed = false;
  await list.check('third-party tier: npm install', async () => {
    copyExample(folder, tarballs);
    await fetchOrThrow('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], folder);
    installed = true;
  });
  if (!installed) return;
  await list.check('third-party tier: TypeScript', () => runOrThrow('npm', ['run', 'build'], folder));
  await list.check('third-party tier: conformance', () => checkConformance(folder));
  await list.check('third-party tier: its example', async () => {
    const printed = await runOrThrow(process.execPath, ['--no-warnings', 'example.mjs'], folder);
    for (const tier of ['from l1', 'from sqlite']) {
      if (!printed.includes(tier)) throw new Error(`the example does not print "${tier}":\n${printed}`);
    }
  });
  await list.check('third-party tier: its package', async () => {
    const packed = await runOrThrow('npm', ['pack', '--dry-run', '--json'], folder);
    if (!packed.includes('dist/index.d.ts')) throw new Error(`not in the package: dist/index.d.ts\n${packed}`);
  });
}

/** Copies the example and makes it resolve this workspace's packages to their tarballs instead of the registry. */
function copyExample(folder: string, tarballs: Tarballs): void {
  const made = new Set(['node_modules', 'dist', 'package-lock.json']);
  cpSync(EXAMPLE, folder, { recursive: true, filter: (source) => !made.has(basename(source)) });
  const file = join(folder, 'package.json');
  const manifest = readJson<{ devDependencies: Record<string, string> }>(file);
  const specs = Object.fromEntries(Object.entries(tarballs).map(([name, tarball]) => [name, `file:${tarball}`]));
  const devDependencies = Object.fromEntries(
    Object.entries(manifest.devDependencies).map(([name, range]) => [name, specs[name] ?? range]),
  );
  writeFileSync(
    file,
    JSON.stringify({ ...manifest, devDependencies, overrides: specs, peerDependencies: {} }, null, 2),
  );
}

async function checkConformance(folder: string): Promise<void> {
  const report = await runOrThrow('npm', ['test'], folder);
  const passed = Number(/^ℹ pass (\d+)$|^# pass (\d+)$/m.exec(report)?.slice(1).find(Boolean) ?? 0);
  if (passed < 50) throw new Error(`only ${passed} conformance tests ran:\n${report}`);
}
