import { join } from 'node:path';
import { bundleProgram, count, FULL_TIME } from '@pw/test-support';
import { describe, expect, it } from 'vitest';
import { HISTORY_BUGS } from '../../src/stack/histories/planted-bugs.ts';
import { playHistories } from '../../src/stack/histories/play-histories.ts';

const program = await bundleProgram(join(import.meta.dirname, '../../src/stack/histories/history-child.ts'));
const histories = Number(process.env['PW_HISTORIES'] ?? count(300, 20_000));
const from = Number(process.env['PW_HISTORIES_FROM'] ?? 1);

describe(`histories of processes that are killed, from seed ${from}`, { timeout: FULL_TIME }, () => {
  it(`explains every answer in ${histories} of them, over JSON Lines and over SQLite`, async () => {
    const { failure, kills } = await playHistories({ program, histories, from });
    console.log(`${histories} histories, ${kills} kills`);
    expect(failure ?? '').toBe('');
  });

  for (const bug of HISTORY_BUGS)
    it(`finds the planted bug "${bug}"`, async () => {
      const { failure } = await playHistories({ program, histories: 300, from: 1, bug, shortens: false });
      expect(failure).toBeDefined();
    });
});
