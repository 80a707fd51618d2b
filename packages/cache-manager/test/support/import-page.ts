import { wrapProse } from '@pw/test-support';
import { previewFile, type WarmOptions } from '../../src/transfer/import/index.ts';
import type { MemberMeaning } from '../../src/transfer/import/rows/members/member-table.ts';
import type { ImportShape } from './import-shapes/import-shape.ts';

const FORMATS: readonly (readonly [ImportShape['format'], string, string])[] = [
  ['list', 'Plain lists', 'One proxy per line, in any of these forms. A file may mix them.'],
  ['csv', 'CSV', 'The columns have [the names above](#names-of-members-and-columns).'],
  ['json', 'JSON', 'The members have [the names above](#names-of-members-and-columns).'],
  ['jsonl', 'JSON Lines', 'One JSON value per line.'],
];

/** Example lines, shown with their real outcome. */
const JUDGED = [
  'http://198.18.0.1:8080',
  'Free proxies, checked today',
  '# a comment',
  '198.18.0.999:8080',
  'http://gate.example.com',
  'http://ann:secret',
];

const TEXT = 'gate.example.com:8080\n198.18.0.1:8080';
const UMLAUT = 'ip,port,city\n198.18.0.1,8080,Zürich\n';
const ENCODINGS: readonly (readonly [string, Buffer, WarmOptions])[] = [
  ['UTF-8', Buffer.from(UMLAUT), { format: 'csv' }],
  ['UTF-8 with a byte order mark', Buffer.from(`\ufeff${UMLAUT}`), { format: 'csv' }],
  ['UTF-16, little-endian, with a byte order mark', Buffer.from(`\ufeff${TEXT}`, 'utf16le'), { format: 'list' }],
  ['UTF-16, big-endian, with a byte order mark', Buffer.from(`\ufeff${TEXT}`, 'utf16le').swap16(), { format: 'list' }],
  ['UTF-16 without a byte order mark', Buffer.from(TEXT, 'utf16le'), { format: 'list' }],
  ['Latin-1 (Windows-1252)', Buffer.from(UMLAUT, 'latin1'), { format: 'csv' }],
  ['lines that end with CR LF', Buffer.from(TEXT.replace('\n', '\r\n')), { format: 'list' }],
  ['lines that end with CR', Buffer.from(TEXT.replace('\n', '\r')), { format: 'list' }],
];

const IDENTITIES: readonly (readonly [string, string])[] = [
  ['the same URL twice', 'http://198.18.0.1:8080\nhttp://198.18.0.1:8080'],
  ['another spelling of the host', 'http://gate.example.com:8080\nHTTP://GATE.EXAMPLE.COM:8080/'],
  ['another scheme', 'http://198.18.0.1:8080\nsocks5://198.18.0.1:8080'],
  ['another username', 'http://ann:secret@198.18.0.1:8080\nhttp://bob:secret@198.18.0.1:8080'],
  ['another password', 'http://ann:secret-a1@198.18.0.1:8080\nhttp://ann:secret-b2@198.18.0.1:8080'],
];

/** The content of docs/import.md, made from the tables that the tests check and the results of real imports. */
export async function importPage(shapes: readonly ImportShape[], names: readonly MemberMeaning[]): Promise<string> {
  const sections = [
    '# Importing: supported files and how they are read',
    '`pnpm docs:import` writes this page from the examples in the tests, so every result below is the result of a real import. `pw-cache import --dry-run FILE` shows the same for your own file without storing anything.',
    'The format of a file is detected by its name (`.json`, `.jsonl`, `.ndjson`, `.csv`) or else by its content: JSON begins with `{` or `[`, the first line of CSV has column names, and anything else is a plain list. The option `format` (`--format`) overrides both.',
    contents(),
    await judgement(),
    nameTable(names),
    ...FORMATS.flatMap(([format, title, text]) => [
      `## ${title}`,
      text,
      ...shapes.filter((shape) => shape.format === format).map(section),
    ]),
    await encodings(),
    await identity(),
  ];
  return wrapProse(`${sections.join('\n\n')}\n`);
}

function contents(): string {
  const titles = ['Outcome of a row', 'Names of members and columns', ...FORMATS.map(([, title]) => title)];
  titles.push('Encodings and line endings', 'Which rows are one entry');
  return titles.map((title) => `- [${title}](#${title.toLowerCase().replaceAll(' ', '-')})`).join('\n');
}

async function judgement(): Promise<string> {
  const rows: string[][] = [];
  for (const line of JUDGED) {
    const { loaded, skipped, failed, problems } = await previewFile([Buffer.from(line)], { format: 'list' });
    const fates = Object.entries({ loaded, skipped, failed }).filter(([, count]) => count > 0);
    rows.push([code(line), fates.map(([fate]) => fate).join() || 'ignored', sentence(problems[0]?.reason)]);
  }
  return `## Outcome of a row

- **loaded**: the row has a proxy, which is stored. Parts that could not be used, such as an invalid label, are reported as problems.
- **skipped**: the row has nothing like a proxy, for example a heading or prose. It is reported, but is not a failure.
- **failed**: the row has something like a proxy that could not be read or stored. The reason says what to write instead.

Blank lines and comments are ignored. A bad row never stops the others. \`pw-cache import\` exits with 0 if nothing failed, and with 1 if a row failed, a file could not be read, or a file has rows but none of them was loaded. Reasons never quote the file, because the wrong part may be a password.

${table(['line', 'outcome', 'reason'], rows)}`;
}

function nameTable(names: readonly MemberMeaning[]): string {
  const rows = names.map(({ field, label, says, names: all }) => {
    const what =
      field === undefined ? `label \`${label}\`` : label === undefined ? field : `${field}, or label \`${label}\``;
    return [what, says, all.map((name) => code(name.replaceAll(' ', '_'))).join(', ')];
  });
  return `## Names of members and columns

JSON and CSV share one table. Case, spaces, hyphens and underscores do not matter: \`IP Address\`, \`ip_address\` and \`ipAddress\` are the same name. If a row has several names from one line of this table, the leftmost one counts.

${table(['read as', 'meaning', 'names'], rows)}`;
}

const CODES =
  'In this example `\\u00a0` and similar escapes are the characters with these code points, and `\\t` is a tab.';

function section({ title, content, loads, problems = [], note }: ImportShape): string {
  const parts = [`### ${title}`, fence(visible(content))];
  if (note !== undefined) parts.push(note);
  const shown = visible(content);
  if (content !== shown) parts.push(shown.includes('\\u') ? CODES : 'In this example `\\t` is a tab.');
  if (loads.length > 0) {
    const rows = loads.map(({ url, username, password, labels = {} }) => [
      code(url),
      optionalCode(username),
      optionalCode(password),
      Object.entries(labels)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, value]) => code(`${name}=${value}`))
        .join(', '),
    ]);
    parts.push(table(['URL', 'username', 'password', 'labels'], rows));
  } else parts.push('Nothing is loaded.');
  if (problems.length > 0)
    parts.push([...new Set(problems)].map((problem) => `- problem: ${escaped(problem)}`).join('\n'));
  return parts.join('\n\n');
}

async function encodings(): Promise<string> {
  const rows: string[][] = [];
  for (const [name, bytes, options] of ENCODINGS) {
    const { loaded, problems } = await previewFile([bytes], options);
    rows.push([name, loaded > 0 ? 'read' : `refused: ${escaped(problems[0]?.reason ?? '')}`]);
  }
  return `## Encodings and line endings\n\n${table(['file', 'result'], rows)}`;
}

async function identity(): Promise<string> {
  const rows: string[][] = [];
  for (const [difference, content] of IDENTITIES) {
    const counts: string[] = [];
    for (const keyIdentity of ['url+username', 'url', 'url+credentials'] as const) {
      const { entries } = await previewFile([Buffer.from(content)], { format: 'list', keyIdentity });
      counts.push(entries.length === 1 ? 'one entry' : 'two entries');
    }
    rows.push([difference, ...counts]);
  }
  return `## Which rows are one entry

Rows with the same key become one entry, and the last of them wins. The option \`keyIdentity\` (\`--key-identity\`) decides what the key covers: the canonical URL and the username (default), the URL alone (as in ProxyWhirl), or the URL, the username and the password. The last is for gateways that take a session in the password, and needs an encryption key.

${table(['two rows with', '`url+username` (default)', '`url`', '`url+credentials`'], rows)}`;
}

function sentence(reason: string | undefined): string {
  return reason === undefined ? '' : escaped(reason);
}

/** Escapes every invisible character of an example. */
function visible(content: string): string {
  return content.replace(/[^\S\n ]|[\p{Cc}\p{Cf}](?<!\n)/gu, (char) =>
    char === '\t' ? '\\t' : `\\u${char.codePointAt(0)!.toString(16).padStart(4, '0')}`,
  );
}

function fence(content: string): string {
  const mark = content.includes('```') ? '~~~' : '```';
  return `${mark}text\n${content}\n${mark}`;
}

function optionalCode(text: string | undefined): string {
  return text === undefined ? '' : code(visible(text));
}

function code(text: string): string {
  return text.includes('`') ? `\`\` ${text} \`\`` : `\`${text}\``;
}

function escaped(text: string): string {
  return text.replace(/[<>*_[\]\\]/g, (char) => `\\${char}`);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
