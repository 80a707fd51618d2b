import { previewFile, type WarmOptions } from '../../src/import/index.ts';
import type { MemberMeaning } from '../../src/import/rows/member-table.ts';
import type { ImportShape } from '../import-shapes/import-shape.ts';

const FORMATS: readonly (readonly [ImportShape['format'], string, string])[] = [
  ['list', 'Plain lists', 'One proxy per line, in any of these forms. A file may mix them.'],
  ['csv', 'CSV', 'The columns have [the names above](#names-of-members-and-columns).'],
  ['json', 'JSON', 'The members have [the names above](#names-of-members-and-columns).'],
  ['jsonl', 'JSON Lines', 'One JSON value per line.'],
];

/** Rows that show what is loaded, skipped and failed; what becomes of them is asked when the page is written. */
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

/** docs/import.md: from the tables that the tests go by, and from what an import says when the page is written. */
export async function importPage(shapes: readonly ImportShape[], names: readonly MemberMeaning[]): Promise<string> {
  const sections = [
    '# Importing: what is read, and as what',
    '`pnpm docs:import` writes this page from the examples in the tests, so every result below is what an import really does. `pw-cache import --dry-run FILE` shows the same for your own file, and stores nothing.',
    'The format of a file is told by its name (`.json`, `.jsonl`, `.ndjson`, `.csv`), or else by its content: JSON begins with `{` or `[`, the first line of CSV names columns, and anything else is a plain list. The option `format` (`--format`) overrides both.',
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
  return `${sections.join('\n\n')}\n`;
}

function contents(): string {
  const titles = ['What becomes of a row', 'Names of members and columns', ...FORMATS.map(([, title]) => title)];
  titles.push('Encodings and ends of lines', 'Which rows are one entry');
  return titles.map((title) => `- [${title}](#${title.toLowerCase().replaceAll(' ', '-')})`).join('\n');
}

async function judgement(): Promise<string> {
  const rows: string[][] = [];
  for (const line of JUDGED) {
    const { loaded, skipped, failed, problems } = await previewFile([Buffer.from(line)], { format: 'list' });
    const fates = Object.entries({ loaded, skipped, failed }).filter(([, count]) => count > 0);
    rows.push([code(line), fates.map(([fate]) => fate).join() || 'passed over', sentence(problems[0]?.reason)]);
  }
  return `## What becomes of a row

- **loaded**: it holds a proxy, which is stored. Anything else in it that could not be used, such as an invalid label, is reported as a problem.
- **skipped**: it holds nothing like a proxy, such as a heading or prose. It is reported, but is not a failure.
- **failed**: it holds something like a proxy that could not be read or stored. The reason says what to write instead.

Blank lines and comments are ignored. A bad row never stops the others. \`pw-cache import\` exits with 0 if nothing failed, and with 1 if a row failed, a file could not be read, or a file has rows but none of them was loaded. Reasons never quote the file, since the wrong part may be a password.

${table(['line', 'outcome', 'reason: it'], rows)}`;
}

function nameTable(names: readonly MemberMeaning[]): string {
  const rows = names.map(({ field, label, says, names: all }) => {
    const what =
      field === undefined ? `label \`${label}\`` : label === undefined ? field : `${field}, or label \`${label}\``;
    return [what, says, all.map((name) => code(name.replaceAll(' ', '_'))).join(', ')];
  });
  return `## Names of members and columns

JSON and CSV share one table. Case, blanks, hyphens and underscores do not matter: \`IP Address\`, \`ip_address\` and \`ipAddress\` are one name. If a row has several names of one line of this table, the leftmost counts.

${table(['read as', 'meaning', 'names'], rows)}`;
}

const CODES = 'Here `\\u00a0` and the like stand for the characters with these numbers, and `\\t` is a tab.';

function section({ title, content, loads, problems = [], note }: ImportShape): string {
  const parts = [`### ${title}`, fence(visible(content))];
  if (note !== undefined) parts.push(note);
  const shown = visible(content);
  if (content !== shown) parts.push(shown.includes('\\u') ? CODES : 'Here `\\t` is a tab.');
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
  } else parts.push('EntryLoader nothing.');
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
  return `## Encodings and ends of lines\n\n${table(['a file in', 'is'], rows)}`;
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

Rows with the same key become one entry, and the last of them wins. The option \`keyIdentity\` (\`--key-identity\`) says what the key is made of: the URL in its canonical spelling and the username (default), the URL alone (as in ProxyWhirl), or the URL, the username and the password. The last is for gateways that take a session in the password, and needs an encryption key.

${table(['two rows with', '`url+username` (default)', '`url`', '`url+credentials`'], rows)}`;
}

function sentence(reason: string | undefined): string {
  return reason === undefined ? '' : escaped(reason);
}

/** Nothing that does not show is left in an example. */
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
