import type { CallGroup } from '../nonsense-spec.ts';
import { checks } from './models/checks.ts';
import { entries } from './models/entries.ts';
import { errors } from './models/errors.ts';
import { files } from './models/files.ts';
import { records } from './models/records.ts';
import { strings } from './models/strings.ts';
import { tiers } from './models/tiers.ts';

export const cacheModels: readonly CallGroup[] = [checks, entries, errors, files, records, strings, ...tiers];
