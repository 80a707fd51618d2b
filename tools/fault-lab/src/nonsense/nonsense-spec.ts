/** One argument, or one member of an options object. */
export interface Parameter {
  /** The name that an error must contain: `key`, `options`, `previousKeys`. */
  readonly name: string;
  /**
   * True for an acceptable value. The call may accept it, or refuse it for another reason, but then only with an error
   * of the cache.
   */
  readonly accepts: (value: unknown) => boolean;
  /** Members of an options object, each replaced in turn in the valid argument; they may have members themselves. */
  readonly members?: readonly Parameter[];
}

/** One public function, method or constructor. */
export interface Call<Subject> {
  /** As documentation would write it: `generateCacheKey`, `Secret.of`, `CacheManager#put`. */
  readonly name: string;
  readonly parameters: readonly Parameter[];
  /** Makes valid arguments, new ones for each call. */
  readonly right: (subject: Subject) => readonly unknown[] | Promise<readonly unknown[]>;
  /** Makes the call and consumes the result: an iterable is iterated. */
  readonly call: (subject: Subject, ...args: readonly unknown[]) => unknown;
  /**
   * The class of the error: a CacheValidationError by default, a CacheConfigError for constructors and for functions
   * that open something.
   */
  readonly refusal?: 'validation' | 'config';
  /** True for a call on a path: the system's error for an unusual path reaches the caller. */
  readonly asksSystem?: boolean;
  /** True for a call that returns a promise: it rejects, and never throws synchronously. */
  readonly isAsync?: boolean;
}

/** Calls on one subject, which must still work correctly after each call. */
export interface CallGroup<Subject = unknown> {
  readonly name: string;
  readonly open: () => Subject | Promise<Subject>;
  readonly close?: (subject: Subject) => unknown;
  /** Throws if an invalid value has done harm. */
  readonly assertSound?: (subject: Subject) => void | Promise<void>;
  readonly calls: readonly Call<Subject>[];
}

/** A group with a subject of any type. */
export function defineGroup<Subject>(group: CallGroup<Subject>): CallGroup {
  return group as unknown as CallGroup;
}
