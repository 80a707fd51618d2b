import { EXPORT_CREDENTIALS, KEY_IDENTITIES, PROXY_FILE_FORMATS } from '@pw/cache-manager';
import { HEALTH_STATUSES, PROXY_SCHEMES } from '@pw/cache-models';
import { DIRECTORY_CHECKS } from '@pw/cache-models/tier';
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

/** Declares the commands, their arguments and help, and the function that each runs. */
export function buildProgram(context: CliContext, version: string): Command {
  const program = new Command('pw-cache')
    .description('Stores proxies in a multi-tier cache: memory, files, SQLite. Credentials are encrypted on disk.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show this help')
    .addOption(
      new Option('--dir <directory>', 'directory of the cache; import and sync create it')
        .default('.cache')
        .argParser(pathName),
    )
    .addOption(
      new Option('--backend <kind>', 'storage format of level 2 (default: the existing one, else jsonl)').choices([
        'jsonl',
        'sqlite',
      ]),
    )
    .addOption(
      new Option(
        '--directory-checks <how>',
        'what to do if other users could change the files: warn, strict (refuse to open) or off (default: warn)',
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
      'count the stored proxies: by level (l2 and l3 contain the same proxies; l1 is memory, empty when a command starts), by health, and with credentials',
    )
    .summary('show how many proxies each level contains')
    .addHelpText('after', examples('pw-cache stats', 'pw-cache stats --json | jq .entries'))
    .action((_options: unknown, command: Command) => showStatistics(context, command.optsWithGlobals()));
  addExport(program, context);
  program
    .command('generate-key')
    .description('print a new encryption key; keep it, because stored credentials cannot be read without it')
    .summary('print a new encryption key')
    .addHelpText('after', examples('export PROXYWHIRL_CACHE_ENCRYPTION_KEY=$(pw-cache generate-key)'))
    .action((_options: unknown, command: Command) => printKey(context, command.optsWithGlobals()));
  return program.addHelpText(
    'after',
    `${examples('pw-cache import proxies.txt', 'pw-cache get http://198.18.0.1:8081', 'pw-cache list --health healthy --limit 20')}
Credentials are encrypted with the key in PROXYWHIRL_CACHE_ENCRYPTION_KEY (see generate-key);
proxies without credentials need no key.

Exit codes: 0 done, 1 failed (in whole or in part) or not found, 2 wrong usage, 130 or 143 interrupted.
Help for a command: pw-cache <command> --help`,
  );
}

function addImport(program: Command, context: CliContext): void {
  const command = program
    .command('import')
    .description('import proxies from JSON, JSON Lines, CSV or plain lists (host:port, user:password@host:port, URLs)')
    .summary('import proxies from files')
    .argument('<file...>', 'files to read; - is stdin', pathNames);
  addListOptions(command)
    .option('--source <name>', 'source of rows without one (default: warmed)')
    .option('--dry-run', 'show how the first rows are parsed, and the counts; store nothing')
    .addHelpText(
      'after',
      `
The exit code is 0 if every row with a proxy is stored; rows without one are skipped and reported.
It is 1 if a file cannot be read, a row cannot be parsed or stored, or no row of a file contains a proxy;
the other rows and files are stored anyway. If interrupted, import stores the rows it has read.
Rows with credentials require the key in PROXYWHIRL_CACHE_ENCRYPTION_KEY (see generate-key).
--dry-run neither opens nor creates a cache, and masks credentials; the exit code is the same.
The format of stdin is detected from its content, unless --format is given. For a file named "-", write ./-
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

/** Adds the options of every command that reads a list. */
function addListOptions(command: Command): Command {
  return command
    .option(
      '--ttl <time>',
      'how long the proxies stay in the cache: 90s, 15m, 2h, 7d, or seconds (default: the remaining time of an exported entry, else 1h)',
      ttlSeconds,
    )
    .addOption(
      new Option(
        '--format <format>',
        'format of the list (default: detected from the name, else from the content)',
      ).choices(PROXY_FILE_FORMATS),
    )
    .addOption(new Option('--scheme <scheme>', 'scheme of rows without one (default: http)').choices(PROXY_SCHEMES))
    .option(
      '--bare-names',
      'accept host names without a dot in plain lists, such as squid:3128; headings such as Total:402 are then accepted too',
    )
    .addOption(
      new Option(
        '--key-identity <parts>',
        'what distinguishes two proxies; use url+credentials for gateways with a session in the password (default: url+username)',
      ).choices(KEY_IDENTITIES),
    )
    .option(
      '--label <name=value>',
      'label for every imported proxy, such as kind=residential; may be repeated',
      givenLabel,
    );
}

function addSync(program: Command, context: CliContext): void {
  const command = program
    .command('sync')
    .description(
      'make the proxies of a source match a list: add and update those in the list, remove the others; other sources are unchanged',
    )
    .summary('make the proxies of a source match a list')
    .argument('<source>', 'name of the source, as given to import --source', sourceName)
    .argument('<file>', 'list in any format that import reads; - is stdin', pathName);
  addListOptions(command)
    .option(
      '--force',
      'remove proxies even if rows failed, the list is empty, or more than half of the source would be removed',
    )
    .addHelpText(
      'after',
      `
Proxies that stay keep their health, access counts and labels. A proxy of another source that is in the list moves to
this source. If interrupted, run the command again to continue.
The exit code is 0 if the source matches the list. It is 1 if a row failed, or if proxies should have been removed but
were not, because rows failed, the list is empty or cannot be read, or more than half would be removed; in the last
three cases nothing is changed.
${examples('pw-cache sync nightly http.txt', 'curl -s https://lists.example/http.txt | pw-cache sync nightly - --ttl 1d')}`,
    )
    .action((source: string, file: string, _options: unknown, command: Command) =>
      syncFile(context, source, file, command.optsWithGlobals()),
    );
}

function addGet(program: Command, context: CliContext): void {
  program
    .command('get')
    .description('show one proxy, and the level of the cache that returned it')
    .argument('<url|key>', 'a proxy URL, with or without a user; host:port; or a key as shown by list')
    .option('--reveal', 'show the user name and password')
    .addHelpText(
      'after',
      `
A URL without a user means the entry without a user, or else the only entry at that URL; if there are
several, their keys are listed and the exit code is 1. host:port means http, or else the only entry there.
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
    .description('list the stored proxies; get shows one of them in full')
    .summary('list the stored proxies')
    .option('--limit <count>', 'maximum number of proxies to show', wholeNumber)
    .option('--source <name>', 'only proxies from this source')
    .addOption(new Option('--health <state>', 'only proxies in this state').choices(HEALTH_STATUSES))
    .option(
      '--label <name=value>',
      'only proxies with this label; may be repeated: if a name has several values, any of them matches',
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
    .description('write all proxies to a JSON Lines file that import reads; only its owner can read the file')
    .summary('write all proxies to a file that import reads')
    .argument(
      '<file>',
      'file to write; an existing file is replaced once the new one is complete; - is stdout',
      pathName,
    )
    .addOption(
      new Option('--credentials <how>', 'sealed: encrypted with the key; plain: in plain text; omit: left out')
        .choices(EXPORT_CREDENTIALS)
        .default('sealed'),
    )
    .addHelpText(
      'after',
      `
The exit code is 1 if an entry could not be read and is missing from the file. If interrupted, export leaves no file.
To stdout, export writes only the entries, and all messages to stderr; --json requires a file. For a file named "-", write ./-
${examples('pw-cache export backup.jsonl', 'pw-cache export shared.jsonl --credentials omit', 'pw-cache export - | gzip > backup.jsonl.gz')}`,
    )
    .action((file: string, _options: unknown, command: Command) => {
      const options = command.optsWithGlobals<ExportFileOptions>();
      if (file === STDOUT && options.json === true)
        command.error('--json prints its document on stdout, where the entries go: name a file instead of -', {
          exitCode: 2,
        });
      return exportFile(context, file, options);
    });
}

function examples(...lines: readonly string[]): string {
  return `\nExamples:\n${lines.map((line) => `  $ ${line}\n`).join('')}`;
}
