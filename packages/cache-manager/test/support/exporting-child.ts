import { CacheEntry } from '@pw/cache-models';
import { type ExportCredentials, exportToFile } from '../../src/transfer/export/index.ts';

// Exports `count` entries with passwords. At progress report number `at`, the process ends as `end` says: by `exit`, or
// by the signal of that name.
const [path, credentials, count, at = '0', end] = process.argv.slice(2) as [
  string,
  ExportCredentials,
  string,
  string?,
  string?,
];
const entries = function* () {
  for (let i = 0; i < Number(count); i++)
    yield CacheEntry.create({ proxyUrl: `http://h${i}.example:1`, username: 'ann', password: `hunter-${i}` });
};
let progress = 0;
process.stdout.write('ready\n');
await exportToFile({ entries, cipher: undefined }, path, {
  credentials,
  onProgress: () => {
    if (++progress !== Number(at)) return;
    if (end === 'exit') process.exit(3);
    if (end !== undefined) process.kill(process.pid, end);
  },
});
process.stdout.write('done\n');
