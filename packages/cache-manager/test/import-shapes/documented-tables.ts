import type { ImportShape } from './import-shape.ts';
import { LIST_SAMPLES, ROW_SAMPLES } from './sample-shapes.ts';

/** What a member of a row, or a column, is read for. */
export interface DocumentedNames {
  /** None for a label. */
  readonly field?: string;
  readonly label?: string;
  /** In words. */
  readonly says: string;
  readonly names: readonly string[];
}

/** The shapes that docs/import.md shows, in its order. */
export const DOCUMENTED_SHAPES: readonly ImportShape[] = [...LIST_SAMPLES, ...ROW_SAMPLES];

/** The names that docs/import.md shows. */
export const DOCUMENTED_NAMES: readonly DocumentedNames[] = [
  { field: 'url', says: 'the proxy in one text', names: ['proxy url'] },
  { field: 'host', says: 'its host', names: ['ip', 'host'] },
  { field: 'port', says: 'its port', names: ['port'] },
  { field: 'scheme', says: 'its scheme', names: ['protocol', 'scheme'] },
  { field: 'username', says: 'the username', names: ['username'] },
  { field: 'password', says: 'the password', names: ['password'] },
  { label: 'country', says: 'the country', names: ['country code', 'country'] },
];
