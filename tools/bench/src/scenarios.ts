import type { Scenario } from './scenario.ts';
import * as memoryGet from './scenarios/memory-get.ts';

/** Every scenario, in the order of the report. */
export const scenarios: readonly Scenario[] = [memoryGet].flatMap((file) => Object.values<Scenario>(file));
