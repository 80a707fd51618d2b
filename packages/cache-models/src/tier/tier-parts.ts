import type { CacheTier, TierCapabilities } from './cache-tier.ts';

/** A capability that claims an optional part of a tier with the same name. */
export type ClaimedPart =
  | 'query'
  | 'health'
  | 'reseal'
  | 'sideValues'
  | 'leases'
  | 'changes'
  | 'update'
  | 'log'
  | 'marks';

/**
 * The optional parts of a tier, by the capability that claims them: the functions that a part has, or `null` if the
 * part itself is a function.
 */
export const TIER_PARTS: Readonly<
  Record<ClaimedPart & keyof TierCapabilities & keyof CacheTier, readonly string[] | null>
> = Object.freeze({
  query: null,
  health: ['record', 'history'],
  reseal: null,
  sideValues: ['read', 'storeIfAbsent', 'replace'],
  leases: ['acquire', 'release'],
  changes: ['subscribe', 'poll'],
  update: null,
  log: ['write', 'clear', 'update', 'replay', 'versionOf', 'newestVersionOf', 'read', 'cursorOf', 'moveCursor'],
  marks: [
    'read',
    'isMarked',
    'putIf',
    'deleteIf',
    'writeAlone',
    'updateAlone',
    'clearAlone',
    'clearOlder',
    'withoutVersion',
    'markAll',
    'unmarkAll',
    'change',
  ],
});
