import { MEMBER_TABLE, type MemberMeaning } from '../../../src/transfer/import/rows/members/member-table.ts';
import type { ImportShape } from './import-shape.ts';
import { LIST_SHAPES } from './list-shapes.ts';
import { ROW_SHAPES } from './row-shapes.ts';

/** The examples in docs/import.md, in order. */
export const DOCUMENTED_SHAPES: readonly ImportShape[] = [...LIST_SHAPES, ...ROW_SHAPES];

/** The names in docs/import.md. */
export const DOCUMENTED_NAMES: readonly MemberMeaning[] = MEMBER_TABLE;
