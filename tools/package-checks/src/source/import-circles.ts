import { cruise, type IReporterOutput } from 'dependency-cruiser';
import { trackedFiles } from './tracked-files.ts';

const SOURCE = /^(?:packages|tools|examples)\/[^/]+\/src\/.*\.m?ts$/;

/**
 * Circles of imports between the sources below `root`, type imports included. Each is a list of files in which every
 * file imports the next, and the last imports the first. A circle is listed once, whichever file it was found from.
 */
export async function findImportCircles(root: string): Promise<string[][]> {
  const sources = trackedFiles(root).filter((file) => SOURCE.test(file));
  const { output } = await cruise(sources, {
    baseDir: root,
    // Type imports count: they vanish from the compiled program, but not from what a reader has to understand.
    tsPreCompilationDeps: true,
    includeOnly: SOURCE.source,
    validate: true,
    ruleSet: { forbidden: [{ name: 'no-circle', severity: 'error', from: {}, to: { circular: true } }] },
  });
  const { summary, modules } = asResult(output);
  // If the library finds no TypeScript compiler, it silently skips TypeScript files.
  if (modules.length < sources.length) throw new Error(`only ${modules.length} of ${sources.length} files were read`);
  const circles = summary.violations.map(({ cycle = [] }) => cycle.map(({ name }) => name));
  const distinct = new Map(circles.map((circle) => [[...circle].sort().join(' '), circle]));
  return [...distinct.values()];
}

function asResult(output: IReporterOutput['output']): Exclude<IReporterOutput['output'], string> {
  if (typeof output === 'string') throw new Error(`expected a result object of dependency-cruiser, got: ${output}`);
  return output;
}
