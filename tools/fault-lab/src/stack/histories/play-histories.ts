import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Action,
  describeShortest,
  type Outcome,
  ScriptPlayer,
  STAGED_KEYS,
  stagedScriptOf,
} from '@pw/agreement-model';
import type { HistoryStack } from './child-messages.ts';
import { ChildPool } from './child-pool.ts';
import type { HistoryBug } from './planted-bugs.ts';
import { ProcessStage } from './process-stage.ts';

export interface PlayedHistories {
  /** The program `history-child.ts`. */
  readonly program: string;
  readonly histories: number;
  /** The first seed. */
  readonly from: number;
  readonly bug?: HistoryBug | undefined;
  /**
   * Whether a failing script is made short.
   *
   * @default true
   */
  readonly shortens?: boolean | undefined;
}

export interface HistoriesReport {
  histories: number;
  kills: number;
  /** The first history that nothing explains. */
  failure: string | undefined;
}

/**
 * In memory if possible: a kill loses nothing that a disk was not told to keep, and most of the time goes to flushes.
 */
const FOLDER = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();
/** Histories that are played at the same time. */
const DRIVERS = 2;
/** The processes of a history, and one that takes the place of a killed one. */
const PROCESSES = 4;

/** Plays the histories of a range of seeds, each with files of its own, until one fails. */
export async function playHistories(options: PlayedHistories): Promise<HistoriesReport> {
  const report: HistoriesReport = { histories: 0, kills: 0, failure: undefined };
  let seed = options.from;
  const drive = async (): Promise<void> => {
    const pool = new ChildPool(options.program, PROCESSES);
    try {
      while (report.failure === undefined && seed < options.from + options.histories) {
        await playOne(seed++, pool, options, report);
      }
    } finally {
      report.kills += pool.kills;
      await pool.close();
    }
  };
  await Promise.all(Array.from({ length: DRIVERS }, drive));
  return report;
}

async function playOne(seed: number, pool: ChildPool, options: PlayedHistories, report: HistoriesReport) {
  const backend = seed % 2 === 0 ? 'jsonl' : 'sqlite';
  const script = stagedScriptOf(seed);
  const play = (some: readonly Action[]) => playScript(some, pool, { backend, bug: options.bug });
  const outcome = await play(script);
  const { violation } = outcome;
  report.histories++;
  if (violation === undefined || report.failure !== undefined) return;
  report.failure = `seed ${seed}, ${backend}: ${violation}`;
  if (options.shortens !== false) report.failure += `\n${await describeShortest(script, outcome, play)}`;
}

async function playScript(
  script: readonly Action[],
  pool: ChildPool,
  kind: Omit<HistoryStack, 'directory'>,
): Promise<Outcome> {
  const directory = mkdtempSync(join(FOLDER, 'pw-history-'));
  const stages: ProcessStage[] = [];
  const player = new ScriptPlayer(STAGED_KEYS, (surroundings) => {
    const stage = new ProcessStage(surroundings, { ...kind, directory }, pool);
    stages.push(stage);
    return stage;
  });
  try {
    return await player.play(script);
  } finally {
    for (const stage of stages) await stage.end();
    rmSync(directory, { recursive: true, force: true });
  }
}
