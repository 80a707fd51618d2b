import type { z } from 'zod';
import type { FieldProblem } from '../errors/cache-error.ts';
import { Problems } from '../errors/problems.ts';
import { maskCredentials } from '../masking/mask-credentials.ts';
import { type ArgumentKind, Kinds } from './argument-kinds.ts';
import type { FieldError } from './check-argument.ts';
import { objectWanted } from './object-wanted.ts';
import { hintFor } from './suggest.ts';

export interface ParseWithOptions {
  /** The beginning of the message, such as `cache config`. */
  readonly what: string;
  /** Name of the argument, for a value that is not an object at all. */
  readonly name: string;
  /** Members that must be objects: zod would accept a Map, a Date or a Promise as an empty one. */
  readonly objects?: readonly string[];
  /** The members known at a path, for "did you mean". */
  readonly members: (path: string) => readonly string[];
  /** The members that may be meant by a value that is not an object. */
  readonly likely: Readonly<Record<string, ArgumentKind>>;
  readonly error: FieldError;
}

/**
 * Parses with a zod schema and throws one error that lists all problems, each with its field and bound.
 * zod's messages name types and bounds, never the value, so that they cannot contain a secret.
 */
export function parseWith<S extends z.ZodType>(schema: S, input: unknown, options: ParseWithOptions): z.output<S> {
  let problems = nonObjects(input, options);
  if (problems.length === 0) {
    const result = schema.safeParse(input);
    if (result.success) return result.data;
    problems = result.error.issues.flatMap((issue) => toProblems(issue, options));
  }
  new Problems(problems).throwIfAny(options.what, { error: options.error });
  throw new Error('unreachable: a schema that fails reports at least one issue');
}

const NONE: FieldProblem[] = [];

function nonObjects(input: unknown, { name, objects, likely }: ParseWithOptions): FieldProblem[] {
  if (!Kinds.object.isRight(input)) return [{ path: name, message: objectWanted(input, likely) }];
  if (objects === undefined) return NONE;
  const values = input as Readonly<Record<string, unknown>>;
  return objects
    .filter((path) => values[path] !== undefined && !Kinds.object.isRight(values[path]))
    .map((path) => ({ path, message: Kinds.object.wanted }));
}

function toProblems(issue: z.core.$ZodIssue, options: ParseWithOptions): FieldProblem[] {
  const path = issue.path.map(String).join('.');
  if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
  return issue.keys.map((key) => {
    const name = maskCredentials(key);
    const message = `unknown member${hintFor(key, options.members(path))}`;
    return { path: path === '' ? name : `${path}.${name}`, message };
  });
}
