import { EXPORT_CREDENTIALS, PROXY_FILE_FORMATS } from '@pw/cache-manager';
import { HEALTH_STATUSES, PROXY_SCHEMES } from '@pw/cache-models';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { CliContext } from './cli-context.ts';
import { exportFile } from './commands/export.ts';
import { printKey } from './commands/generate-key.ts';
import { getEntry } from './commands/get.ts';
import { importFiles } from './commands/import.ts';
import { listEntries } from './commands/list.ts';
import { showStatistics } from './commands/stats.ts';

/** The command line: what there is to say, and which function does it. */
export function buildProgram(context: CliContext, version: string): Command {
  const program = new Command('pw-cache')
    .description('Keeps proxies in a multi-tier cache: memory, files, SQLite. Credentials are encrypted on disk.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .option('--dir <directory>', 'where the cache is', '.cache')
    .addOption(
      new Option('--backend <kind>', 'what holds l2 (default: what is there, else jsonl)').choices(['jsonl', 'sqlite']),
    )
    .option('--json', 'machine-readable output: one JSON document')
    .configureHelp({ showGlobalOptions: true });
  addImport(program, context);
  addGet(program, context);
  addList(program, context);
  program
    .command('stats')
    .description('show how much is in each tier')
    .addHelpText('after', examples('pw-cache stats', 'pw-cache stats --json | jq .entries'))
    .action((_options: unknown, command: Command) => showStatistics(context, command.optsWithGlobals()));
  addExport(program, context);
  program
    .command('generate-key')
    .description('print a new encryption key')
    .addHelpText('after', examples('export PROXYWHIRL_CACHE_ENCRYPTION_KEY=$(pw-cache generate-key)'))
    .action((_options: unknown, command: Command) => printKey(context, command.optsWithGlobals()));
  return program.addHelpText(
    'after',
    `${examples('pw-cache import proxies.txt', 'pw-cache get http://198.18.0.1:8081', 'pw-cache list --health healthy --limit 20')}
The key that seals credentials comes from PROXYWHIRL_CACHE_ENCRYPTION_KEY.
Exit codes: 0 done, 1 failed or not found, 2 wrong usage.`,
  );
}

function addImport(program: Command, context: CliContext): void {
  program
    .command('import')
    .description('read proxies from JSON, JSON Lines, CSV or plain lists')
    .argument('<file...>', 'files to read')
    .option('--ttl <seconds>', 'time to live of what is imported', wholeNumber)
    .addOption(new Option('--format <format>', 'default: by name or content').choices(PROXY_FILE_FORMATS))
    .addOption(new Option('--scheme <scheme>', 'of rows that name none (default: http)').choices(PROXY_SCHEMES))
    .option('--source <name>', 'of rows that name none (default: warmed)')
    .addHelpText(
      'after',
      examples(
        'pw-cache import http.txt proxies.json',
        'pw-cache import socks5.txt --scheme socks5 --source nightly --ttl 7200',
        'pw-cache import rows.dat --format csv --dir /var/cache/proxies --json',
      ),
    )
    .action((files: string[], _options: unknown, command: Command) =>
      importFiles(context, files, command.optsWithGlobals()),
    );
}

function addGet(program: Command, context: CliContext): void {
  program
    .command('get')
    .description('show one proxy and which tier had it')
    .argument('<url|key>', 'a proxy URL, with its user if it has one, or a cache key')
    .option('--reveal', 'show username and password')
    .addHelpText(
      'after',
      examples(
        'pw-cache get 198.18.0.1:8081',
        'pw-cache get http://ann@gate.example:8080 --reveal',
        'pw-cache get 2c5efc49b6a1f1d7 --json',
      ),
    )
    .action((urlOrKey: string, _options: unknown, command: Command) =>
      getEntry(context, urlOrKey, command.optsWithGlobals()),
    );
}

function addList(program: Command, context: CliContext): void {
  program
    .command('list')
    .description('list what is there')
    .option('--limit <count>', 'show at most so many', wholeNumber)
    .option('--source <name>', 'only those from this source')
    .addOption(new Option('--health <state>', 'only those in this state').choices(HEALTH_STATUSES))
    .addHelpText(
      'after',
      examples('pw-cache list --limit 20', 'pw-cache list --health healthy --json', 'pw-cache list | head'),
    )
    .action((_options: unknown, command: Command) => listEntries(context, command.optsWithGlobals()));
}

function addExport(program: Command, context: CliContext): void {
  program
    .command('export')
    .description('write everything to a JSON Lines file, which import reads back')
    .argument('<file>', 'file to write; one that is there is replaced when the new one is complete')
    .addOption(
      new Option('--credentials <how>', 'encrypted, in clear, or left out')
        .choices(EXPORT_CREDENTIALS)
        .default('sealed'),
    )
    .addHelpText('after', examples('pw-cache export backup.jsonl', 'pw-cache export shared.jsonl --credentials omit'))
    .action((file: string, _options: unknown, command: Command) =>
      exportFile(context, file, command.optsWithGlobals()),
    );
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value)) return value;
  throw new InvalidArgumentError('It must be a whole number of 0 or more.');
}
