import { findFolderProblems } from './source/folders.ts';
import { reportFindings } from './source/report-findings.ts';
import { workspaceRoot } from './workspace.ts';

reportFindings(findFolderProblems(workspaceRoot), 'folders that are too large or have no README');
