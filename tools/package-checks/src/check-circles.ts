import { findImportCircles } from './source/import-circles.ts';
import { reportFindings } from './source/report-findings.ts';
import { workspaceRoot } from './workspace.ts';

const circles = await findImportCircles(workspaceRoot);
reportFindings(
  circles.map((files) => [...files, files[0]].join('\n  -> ')),
  'import circles',
);
