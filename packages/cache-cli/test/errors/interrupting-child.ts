import { watch } from 'node:fs';

// Preloaded into the command: as soon as a file appears in a folder, sends its own process a signal a number of times.
const { PW_TEST_FOLDER, PW_TEST_SIGNAL, PW_TEST_TIMES } = process.env;
const watcher = watch(PW_TEST_FOLDER!, { persistent: false }, () => {
  watcher.close();
  for (let i = 0; i < Number(PW_TEST_TIMES); i++) process.kill(process.pid, PW_TEST_SIGNAL);
});
