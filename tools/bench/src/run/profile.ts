import type { Profiler } from 'node:inspector';
import { Session } from 'node:inspector/promises';
import { makeLoop } from './loop.ts';
import type { Contender } from './scenario.ts';

const PROFILED_MS = 2000;
const INTERVAL_US = 200;
const SHOWN = 16;
/** The number of callers shown for a native function, whose own name says little. */
const CALLERS = 3;

/** Profiles a contender: a table of functions by self time, as text. */
export async function profileContender(contender: Contender): Promise<string> {
  const run = turnTaker(contender);
  await run(PROFILED_MS / 2);
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.setSamplingInterval', { interval: INTERVAL_US });
  await session.post('Profiler.start');
  await run(PROFILED_MS);
  const { profile } = await session.post('Profiler.stop');
  session.disconnect();
  return [`Profile of ${contender.name}, share of the samples:`, '', ...tableOf(profile)].join('\n');
}

/** Runs a contender for some milliseconds, including its preparations. */
function turnTaker(contender: Contender): (milliseconds: number) => Promise<void> {
  const loop = makeLoop(contender.async ?? false, contender.name);
  const runs = Math.min(contender.maxRuns ?? 256, 256);
  let next = 0;
  return async (milliseconds) => {
    const end = performance.now() + milliseconds;
    while (performance.now() < end) {
      await contender.before?.(runs, next);
      await loop(contender.run, next, next + runs);
      await contender.after?.(runs, next);
      next += runs;
    }
  };
}

function tableOf({ nodes, samples = [] }: Profiler.Profile): string[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const parents = new Map(nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id] as const)));
  const nameOf = (id: number): string => {
    const { functionName, url, lineNumber } = byId.get(id)!.callFrame;
    const file = url.split('/').slice(-3).join('/');
    return `${functionName || '(anonymous)'}${file === '' ? '' : ` ${file}:${lineNumber + 1}`}`;
  };
  const pathOf = (id: number): string => {
    const names = [nameOf(id)];
    const { url } = byId.get(id)!.callFrame;
    if (url !== '' && !url.startsWith('node:')) return names[0]!;
    for (let at = parents.get(id); at !== undefined && names.length <= CALLERS; at = parents.get(at))
      names.push(nameOf(at));
    return names.join(' < ');
  };
  const counts = new Map<string, number>();
  for (const id of samples) counts.set(pathOf(id), (counts.get(pathOf(id)) ?? 0) + 1);
  const ranked = [...counts].sort(([, a], [, b]) => b - a).slice(0, SHOWN);
  return ranked.map(([path, count]) => `${((100 * count) / samples.length).toFixed(1).padStart(5)} %  ${path}`);
}
