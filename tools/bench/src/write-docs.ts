import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { wrapProse } from '@pw/test-support';
import { performancePage } from './report/performance-page.ts';
import type { Report } from './report/report.ts';
import { scenarios } from './scenarios.ts';

// Writes docs/performance.md and its pictures from the report of a run with --all.
const ROOT = join(import.meta.dirname, '..', '..', '..');
const report = JSON.parse(readFileSync(join(ROOT, 'reports', 'bench.json'), 'utf8')) as Report;
const missing = scenarios.filter(({ name }) => !report.scenarios.some((result) => result.name === name));
if (report.origin.quick || missing.length > 0) {
  throw new Error(
    `reports/bench.json is not the report of a full run: run \`pnpm bench --all\` first${missing.map(({ name }) => `; ${name} is missing`).join('')}`,
  );
}
const docs = join(ROOT, 'docs');
rmSync(join(docs, 'performance'), { recursive: true, force: true });
for (const [path, text] of performancePage(report)) {
  mkdirSync(dirname(join(docs, path)), { recursive: true });
  writeFileSync(join(docs, path), path.endsWith('.md') ? wrapProse(text) : text);
}
