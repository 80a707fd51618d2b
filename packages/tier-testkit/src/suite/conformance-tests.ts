import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Check, Claims } from '../checks/check.ts';
import { ConformanceError } from '../contract/conformance-error.ts';
import { checkModule, checkSubject, checkTier } from '../subject/check-subject.ts';
import type { ConformanceSubject } from '../subject/conformance-subject.ts';
import type { TierModule } from '../subject/tier-module.ts';
import { Trial } from '../trial/trial.ts';
import { CHECK_GROUPS } from './check-groups.ts';
import type { ConformanceTest } from './conformance-test.ts';
import { failOnUnhandledRejection } from './fail-on-unhandled-rejection.ts';

const QUICK_TIMEOUT_MS = 60_000;
const SLOW_TIMEOUT_MS = 600_000;

/**
 * Returns the tests that a tier has to pass, according to its claims, for a runner to declare or a program to run.
 * Rejects with a CacheValidationError for an invalid subject or a module that creates no tiers, and with any error that
 * the module throws while it is loaded or creates its first tier.
 */
export async function conformanceTests(subject: ConformanceSubject): Promise<ConformanceTest[]> {
  checkSubject(subject);
  const module = (await import(/* @vite-ignore */ subject.module.href)) as TierModule;
  checkModule(module);
  const claims = await withFolder(async (directory): Promise<Claims> => {
    const tier = await new Trial(module, subject, directory, 'shape').tier();
    checkTier(tier.raw);
    return { capabilities: tier.raw.capabilities, module, subject };
  });
  return CHECK_GROUPS.flatMap((group) => group.checks(claims).map((check) => bind(group.name, check, claims)));
}

function bind(group: string, { name, rule, run, slow = false }: Check, { module, subject }: Claims): ConformanceTest {
  return {
    group,
    name,
    rule,
    slow,
    timeoutMs: slow ? SLOW_TIMEOUT_MS : QUICK_TIMEOUT_MS,
    run: () =>
      withFolder(async (directory) => {
        const trial = new Trial(module, subject, directory, rule);
        try {
          await failOnUnhandledRejection(async () => {
            await run(trial);
            await trial.finish();
          });
        } catch (error) {
          await trial.abandon();
          throw asConformanceError(error, name, trial);
        }
      }),
  };
}

/** An error thrown in place of an answer breaks the contract too. */
function asConformanceError(error: unknown, name: string, { rule }: Trial): ConformanceError {
  if (error instanceof ConformanceError) return error;
  return new ConformanceError({ what: name, expected: 'no error', received: error, rule, cause: error });
}

async function withFolder<T>(work: (directory: string) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'pw-tier-'));
  try {
    return await work(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}
