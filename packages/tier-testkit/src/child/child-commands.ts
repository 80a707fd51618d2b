import type { ChildCommand } from './child-work.ts';
import { cycle } from './cycle.ts';
import { closeAndEnd, end, exit, write } from './endings.ts';
import { serve } from './serve.ts';
import { writeAlone } from './write-alone.ts';

export const CHILD_COMMANDS: ReadonlyMap<string, ChildCommand> = new Map(
  Object.entries({ write, exit, end, closeAndEnd, serve, cycle, writeAlone }),
);
