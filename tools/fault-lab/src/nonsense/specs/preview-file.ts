import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { previewFile } from '@pw/cache-manager';
import { either, having, isText, maybe, must, wholeFrom } from '../accepts.ts';
import { type CallGroup, defineGroup } from '../nonsense-spec.ts';
import { isIterable, isPath, options, rowOptions, within } from './transfer-parameters.ts';

export const previewing: CallGroup = defineGroup<string>({
  name: 'previewFile',
  open: async () => {
    const folder = mkdtempSync(join(tmpdir(), 'pw-nonsense-'));
    writeFileSync(join(folder, 'list.txt'), 'http://listed.example:8080\n');
    return folder;
  },
  close: async (folder) => rmSync(folder, { recursive: true }),
  calls: [
    {
      name: 'previewFile',
      parameters: [
        must('path', either(isPath, isIterable)),
        options('options', [
          ...rowOptions,
          maybe('defaultSource', isText),
          maybe('limit', wholeFrom(0, 10_000)),
          maybe('cipher', having('encrypt', 'decrypt')),
          maybe('clock', having('now')),
        ]),
      ],
      right: () => ['list.txt', {}],
      call: (folder, at, more) => previewFile(within(folder, at) as string, more as never),
    },
  ],
});
