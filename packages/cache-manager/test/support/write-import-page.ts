import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { importPage } from './import-page.ts';
import { DOCUMENTED_NAMES, DOCUMENTED_SHAPES } from './import-shapes/documented-tables.ts';

// Writes docs/import.md.
const PAGE = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'import.md');
writeFileSync(PAGE, await importPage(DOCUMENTED_SHAPES, DOCUMENTED_NAMES));
