/** One argument, or one member of an options object. */
export interface Parameter {
  /** What an error has to name: `key`, `options`, `previousKeys`. */
  readonly name: string;
  /** True for what may be handed over: it may be taken, or refused for a reason of its own, but only by an error of the cache. */
  readonly accepts: (value: unknown) => boolean;
  /** Members of an options object, each replaced in its turn in the right argument; they may have members themselves. */
  readonly members?: readonly Parameter[];
}

/** One public function, method or constructor. */
export interface Call<Subject> {
  /** As a reader would write it: `generateCacheKey`, `Secret.of`, `CacheManager#put`. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Arguments with which it works; made anew for each call. */
  readonly right: (subject: Subject) => readonly unknown[] | Promise<readonly unknown[]>;
  /** Makes the call, and consumes what it gives: an iterable is walked. */
  readonly call: (subject: Subject, ...args: readonly unknown[]) => unknown;
  /** Whether a CacheValidationError refuses, which is the default, or a CacheConfigError: of a constructor, or what opens something. */
  readonly refusal?: 'validation' | 'config';
  /** True for a call on a path: what the system says of an odd one reaches the caller. */
  readonly asksSystem?: boolean;
  /** True for a call that answers with a promise: it refuses by a rejection, and throws nothing at once. */
  readonly isAsync?: boolean;
}

/** Calls on one subject, which must be as good as before after each of them. */
export interface CallGroup<Subject = unknown> {
  readonly name: string;
  readonly open: () => Subject | Promise<Subject>;
  readonly close?: (subject: Subject) => unknown;
  /** Throws if nonsense has done harm. */
  readonly isSound?: (subject: Subject) => void | Promise<void>;
  readonly calls: readonly Call<Subject>[];
}

/** A group whose subject is its own business. */
export function defineGroup<Subject>(group: CallGroup<Subject>): CallGroup {
  return group as unknown as CallGroup;
}
