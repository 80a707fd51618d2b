import { type ArgumentKind, checkArgument, checkOptionsObject, Kinds, optional } from '@pw/cache-models/tier';
import type { CliIo } from '../streams/cli-io.ts';

const STREAM: ArgumentKind = Object.freeze({
  wanted: 'must be a stream to write to',
  isRight: (value: unknown) =>
    typeof value === 'object' &&
    value !== null &&
    ['write', 'on', 'off', 'once'].every(
      (name) => typeof (value as Readonly<Record<string, unknown>>)[name] === 'function',
    ),
});
const INPUT: ArgumentKind = Object.freeze({
  wanted: 'must be a stream to read bytes from',
  isRight: (value: unknown) => typeof value === 'object' && value !== null && Symbol.asyncIterator in value,
});
const IO: Readonly<Record<keyof CliIo, ArgumentKind>> = Object.freeze({
  stdout: STREAM,
  stderr: STREAM,
  stdin: optional(INPUT),
  env: Kinds.object,
  signal: optional(Kinds.signal),
  clock: optional(Kinds.clock),
});

/** Throws a CacheValidationError for mistakes of a program that calls `run`; a user of the command cannot make them. */
export function checkArguments(argv: unknown, io: unknown): void {
  checkArgument('argv', argv, Kinds.strings);
  checkOptionsObject(isOtherObject(io) ? membersOf(io) : io, IO, { what: 'run', name: 'io' });
}

/** True for an object such as `process`, which may have other members too. */
function isOtherObject(io: unknown): io is Readonly<Record<string, unknown>> {
  return typeof io === 'object' && io !== null && !Array.isArray(io) && !Kinds.object.isRight(io);
}

function membersOf(io: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.keys(IO).map((name) => [name, io[name]]));
}
