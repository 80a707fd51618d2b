import { reportFindings } from './source/report-findings.ts';
import { findRetiredWords } from './source/retired-words.ts';
import { workspaceRoot } from './workspace.ts';

const uses = findRetiredWords(workspaceRoot);
reportFindings(
  uses.map(({ file, line, found, write }) => `${file}:${line}: "${found}": write ${write}`),
  'retired words',
);
