import { EXPORT_CREDENTIALS, KEY_IDENTITIES, PROXY_FILE_FORMATS } from '@pw/cache-manager';
import { DIRECTORY_CHECKS, HEALTH_STATUSES, PROXY_SCHEMES } from '@pw/cache-models';
import { Command, Option } from 'commander';
import { pathName, pathNames, sourceName, ttlSeconds, wholeNumber } from './arguments/argument-parsers.ts';
import { givenLabel, wantedLabel } from './arguments/label-options.ts';
import type { CliContext } from './cli-context.ts';
import { type ExportFileOptions, exportFile } from './commands/export.ts';
import { printKey } from './commands/generate-key.ts';
import { getEntry } from './commands/get.ts';
import { importFiles } from './commands/import.ts';
import { listEntries } from './commands/list.ts';
import { showStatistics } from './commands/stats.ts';
import { syncFile } from './commands/sync.ts';
import { STDOUT } from './streams/standard-streams.ts';

/** The command line: what there is to say, and which function does it. */
export function buildProgram(context: CliContext, version: string): Command {
  const program = new Command('pw-cache')
    .description('Keeps proxies in a multi-tier cache: memory, files, SQLite. Credentials are encrypted on disk.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addOption(
      new Option('--dir <directory>', 'where the cache is; import makes it').default('.cache').argParser(pathName),
    )
    .addOption(
      new Option('--backend <kind>', 'how the files of level 2 are kept (default: as they are, else jsonl)').choices([
        'jsonl',
        'sqlite',
      ]),
    )
    .addOption(
      new Option(
        '--directory-checks <how>',
        'where other users could change the files: warn, strict (refuse) or off (default: warn)',
      ).choices(DIRECTORY_CHECKS),
    )
    .option('--json', 'machine-readable output: one JSON document, for errors too')
    .helpCommand('help [command]', 'show the help of a command')
    .configureHelp({ showGlobalOptions: true });
  addImport(program, context);
  addSync(program, context);
  addGet(program, context);
  addList(program, context);
  program
    .command('stats')
    .description(
      'count what is stored: by level (l2 and l3 hold the same proxies; l1 is memory, empty when a command begins), by health, and with credentials',
    )
    .summary('show how much is stored, level by level')
    .addHelpText('after', examples('pw-cache stats', 'pw-cache stats --json | jq .entries'))
    .action((_options: unknown, command: Command) => showStatistics(context, command.optsWithGlobals()));
  addExport(program, context);
  program
    .command('generate-key')
    .description('print a new encryption key; keep it, for without it stored credentials cannot be read')
    .summary('print a new encryption key')
    .addHelpText('after', examples('export PROXYWHIRL_CACHE_ENCRYPTION_KEY=$(pw-cache generate-key)'))
    .action((_options: unknown, command: Command) => printKey(context, command.optsWithGlobals()));
  return program.addHelpText(
    'after',
    `${examples('pw-cache import proxies.txt', 'pw-cache get http://198.18.0.1:8081', 'pw-cache list --health healthy --limit 20')}
Credentials are sealed with the key in PROXYWHIRL_CACHE_ENCRYPTION_KEY (see generate-key);
proxies without credentials need none.

Exit codes: 0 done, 1 failed (also in part) or not found, 2 wrong usage, 130 or 143 interrupted.
More about a command: pw-cache <command> --help`,
  );
}

function addImport(program: Command, context: CliContext): void {
  const command = program
    .command('import')
    .description('read proxies from JSON, JSON Lines, CSV or plain lists (host:port, user:password@host:port, URLs)')
    .summary('read proxies from files')
    .argument('<file...>', 'files to read; - is stdin', pathNames);
  addListOptions(command)
    .option('--source <name>', 'source of rows that name none (default: warmed)')
    .option('--dry-run', 'show how the first rows are understood, and the counts; store nothing')
    .addHelpText(
      'after',
      `
Exit code 0 if every row that holds a proxy is stored; rows that hold none are skipped, and reported.
1 if a file cannot be read, a row cannot be parsed or stored, or not one row of a file holds a proxy;
the other rows and files are stored all the same. Interrupted, it stores the rows it has read.
Rows with credentials need the key in PROXYWHIRL_CACHE_ENCRYPTION_KEY (see generate-key).
With --dry-run no cache is opened or made, and credentials are masked; the exit code is the same.
The format of stdin is told by its content, or by --format. A file that is named - is ./-
${examples(
  'pw-cache import http.txt proxies.json',
  'pw-cache import --dry-run proxies.csv',
  'curl -s https://lists.example/http.txt | pw-cache import - --source nightly --ttl 2h',
  'pw-cache import gateways.csv --label kind=residential --label country=US',
  'pw-cache import socks5.txt --scheme socks5 --ttl 90s',
  'pw-cache import rows.dat --format csv --dir /var/cache/proxies --json',
)}`,
    )
    .action((files: string[], _options: unknown, command: Command) =>
      importFiles(context, files, command.optsWithGlobals()),
    );
}

/** Of the commands that read a list. */
function addListOptions(command: Command): Command {
  return command
    .option(
      '--ttl <time>',
      'how long the proxies stay in the cache: 90s, 15m, 2h, 7d, or seconds (default: what an exported entry has left, else 1h)',
      ttlSeconds,
    )
    .addOption(
      new Option('--format <format>', 'format of the list (default: by name, else by content)').choices(
        PROXY_FILE_FORMATS,
      ),
    )
    .addOption(new Option('--scheme <scheme>', 'scheme of rows that name none (default: http)').choices(PROXY_SCHEMES))
    .option('--bare-names', 'accept names without a dot in lists, such as squid:3128; then Total:402 is a proxy too')
    .addOption(
      new Option(
        '--key-identity <parts>',
        'what tells two proxies apart; url+credentials is for gateways that take a session in the password (default: url+username)',
      ).choices(KEY_IDENTITIES),
    )
    .option(
      '--label <name=value>',
      'label of everything that is imported, such as kind=residential; may be repeated',
      givenLabel,
    );
}

function addSync(program: Command, context: CliContext): void {
  const command = program
    .command('sync')
    .description(
      'make the proxies of a source those of a list: add and update what it names, and remove what it does not; other sources stay as they are',
    )
    .summary('make the proxies of a source those of a list')
    .argument('<source>', 'where the proxies come from, as import --source says', sourceName)
    .argument('<file>', 'the list, in any format that import reads; - is stdin', pathName);
  addListOptions(command)
    .option('--force', 'remove also where rows failed, the list is empty, or more than half of the source would go')
    .addHelpText(
      'after',
      `
Health, access counts and labels of what stays are kept. A proxy of another source that the list names becomes one of
this source. If it is interrupted, run it again: it continues.
Exit code 0 if all is as the list says. 1 if a row failed, or nothing is removed although something should be: rows
failed, the list is empty or cannot be read, or more than half would go; in the last three cases nothing is changed.
${examples('pw-cache sync nightly http.txt', 'curl -s https://lists.example/http.txt | pw-cache sync nightly - --ttl 1d')}`,
    )
    .action((source: string, file: string, _options: unknown, command: Command) =>
      syncFile(context, source, file, command.optsWithGlobals()),
    );
}

function addGet(program: Command, context: CliContext): void {
  program
    .command('get')
    .description('show one proxy, and which level of the cache had it')
    .argument('<url|key>', 'a proxy URL, with or without its user, host:port, or a key that list shows')
    .option('--reveal', 'show username and password')
    .addHelpText(
      'after',
      `
A URL alone means the entry without a user, or else the only entry at that URL; if there are several,
their keys are named and the exit code is 1. host:port means http, or else the only entry there.
${examples(
  'pw-cache get 198.18.0.1:8081',
  'pw-cache get http://ann@gate.example:8080 --reveal',
  'pw-cache get 2c5efc49b6a1f1d7 --json',
)}`,
    )
    .action((urlOrKey: string, _options: unknown, command: Command) =>
      getEntry(context, urlOrKey, command.optsWithGlobals()),
    );
}

function addList(program: Command, context: CliContext): void {
  program
    .command('list')
    .description('list the proxies that are there; get shows one of them in full')
    .summary('list the proxies that are there')
    .option('--limit <count>', 'show at most so many', wholeNumber)
    .option('--source <name>', 'only those from this source')
    .addOption(new Option('--health <state>', 'only those in this state').choices(HEALTH_STATUSES))
    .option(
      '--label <name=value>',
      'only those with this label; may be repeated, and of several values of one name any will do',
      wantedLabel,
    )
    .addHelpText(
      'after',
      examples(
        'pw-cache list --limit 20',
        'pw-cache list --health healthy --json',
        'pw-cache list --label country=US --label country=CA',
        'pw-cache list | head',
      ),
    )
    .action((_options: unknown, command: Command) => listEntries(context, command.optsWithGlobals()));
}

function addExport(program: Command, context: CliContext): void {
  program
    .command('export')
    .description('write everything to a JSON Lines file, which only you can read and import reads back')
    .summary('write everything to a file that import reads back')
    .argument(
      '<file>',
      'file to write; one that is there is replaced when the new one is complete; - is stdout',
      pathName,
    )
    .addOption(
      new Option('--credentials <how>', 'sealed: encrypted with the key; plain: in clear; omit: left out')
        .choices(EXPORT_CREDENTIALS)
        .default('sealed'),
    )
    .addHelpText(
      'after',
      `
Exit code 1 if an entry could not be read, and so is not in the file. Interrupted, it leaves no file behind.
To stdout it writes the entries alone, and everything else to stderr; --json is for files. A file that is named - is ./-
${examples('pw-cache export backup.jsonl', 'pw-cache export shared.jsonl --credentials omit', 'pw-cache export - | gzip > backup.jsonl.gz')}`,
    )
    .action((file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportFileOptions>();
      if (file === STDOUT && options.json === true)
        command.error('--json has its document on stdout, where the entries go: name a file', { exitCode: 2 });
      return exportFile(context, file, options);
    });
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}
