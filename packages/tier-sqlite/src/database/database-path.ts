import { type ArgumentKind, Kinds } from '@pw/cache-models';

/** The path of a database, or of its folder. better-sqlite3 would trim a blank, and open another file than the one that was made private. */
export const DATABASE_PATH: ArgumentKind = Object.freeze({
  wanted: 'must be a path: a non-empty text without NUL, and without a blank at its end',
  isRight: (value: unknown) => Kinds.path.isRight(value) && value === (value as string).trimEnd(),
});
