import type { Base } from './base.ts';
import type { Call, Steps } from './call.ts';
import type { Life } from './life.ts';
import type { Process } from './process.ts';
import type { StoredRecord } from './record.ts';

/** What a protocol is played with. */
export interface ProtocolConfig {
  readonly keys: readonly string[];
  /** For how many steps a process may serve copies in memory without asking what others have changed. */
  readonly lag: number;
  /** Rules that are left out. */
  readonly without: ReadonlySet<string>;
}

/** What a manager sees of the world. */
export interface Surroundings {
  readonly config: ProtocolConfig;
  readonly now: number;
  /** Another object after the base was lost. */
  readonly base: Base;
  clockOf(proc: Process): number;
  isGone(life: Life): boolean;
  /** Work that was given up, and that may go on. */
  detach(proc: Process, rest: Steps<unknown>, next: Call): void;
}

/** A record was found; `null`: there is none; 'blind': a tier that may know better does not answer. */
export type Found = StoredRecord | null | 'blind';

/** The manager of one life of a process. */
export interface Manager {
  open(): Steps<void>;
  close(): Steps<void>;
  get(key: string): Steps<Found>;
  put(key: string, record: StoredRecord): Steps<boolean>;
  del(key: string): Steps<boolean>;
  clear(): Steps<boolean>;
  /** Raises the count of a record. 'undone': surely not done. */
  update(key: string): Steps<StoredRecord | null | 'undone'>;
  keys(): Steps<ReadonlySet<string> | 'blind'>;
  agree(): Steps<void>;
  recover(): Steps<void>;
  cleanup(): Steps<void>;
  /** Drops a copy from memory. */
  evict(key: string): void;
}

export type MakeManager = (surroundings: Surroundings, proc: Process) => Manager;
