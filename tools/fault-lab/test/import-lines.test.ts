import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheManager } from '@pw/cache-manager';
import { count, FULL_TIME, makeTempDir } from '@pw/test-support';
import { MemoryCacheTier } from '@pw/tier-memory';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type LineFormat, oddLine, PASSWORD, urlOf, wellFormedLine } from '../src/import-lines.ts';
import { Random } from '../src/random.ts';

const ODD_LINES_A_FILE = 500;
/** The number of odd lines between two well-formed ones. */
const EVERY = 5;

const isJson = (text: string): boolean => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

/** The lines of one file: odd lines, with well-formed lines for the proxies 0, 1, 2 and so on in between. */
function linesOf(format: LineFormat, random: Random): { readonly lines: readonly string[]; readonly good: number } {
  const lines: string[] = [];
  let good = 0;
  for (let i = 0; i < ODD_LINES_A_FILE; i++) {
    let odd = oddLine(format, random);
    // A row that is not JSON invalidates its whole document, and a CSV quote that is closed later joins its lines into
    // one record.
    while ((format === 'json' && !isJson(odd)) || (format === 'csv' && odd.includes('"')))
      odd = oddLine(format, random);
    lines.push(odd);
    if (i % EVERY === EVERY - 1) lines.push(wellFormedLine(format, good++));
  }
  return { lines, good };
}

function textOf(format: LineFormat, lines: readonly string[]): string {
  if (format === 'json') return `[${lines.join(',\n')}]`;
  return (format === 'csv' ? 'proxy_url,username,password,source\n' : '') + lines.join('\n');
}

async function importText(format: LineFormat, folder: string, text: string) {
  const path = join(folder, 'lines');
  writeFileSync(path, text);
  const cache = await CacheManager.open({ tiers: [new MemoryCacheTier({ maxEntries: 10_000 })] });
  const reasons: string[] = [];
  const result = await cache.warmFromFile(path, {
    format,
    onProgress: ({ problems }) => reasons.push(...problems.map(({ reason }) => reason)),
  });
  const urls = new Set<string>();
  for await (const { proxyUrl } of cache.entries()) urls.add(proxyUrl);
  await cache.close();
  return { result, urls, messages: [...reasons, ...result.problems.map(({ reason }) => reason)].join('\n') };
}

describe('an import', () => {
  const total = count(4000, 200_000);

  it.each(['list', 'csv', 'json', 'jsonl'] as const)(
    `with ${total} odd lines finds each well-formed one between them, counts all lines, and shows no password: %s`,
    async (format) => {
      const folder = makeTempDir(onTestFinished);
      for (let seed = 0; seed < total / ODD_LINES_A_FILE; seed++) {
        const { lines, good } = linesOf(format, new Random(seed));
        const { result, urls, messages } = await importText(format, folder, textOf(format, lines));
        const missing = Array.from({ length: good }, (_, i) => urlOf(i)).filter((url) => !urls.has(url));
        expect(missing, `seed ${seed}`).toEqual([]);
        const blank = lines.filter((line) => isPassedOver(format, line)).length;
        const counted = result.loaded + result.skipped + result.failed;
        // A line of a list may contain several proxies.
        if (format === 'list') expect(counted, `seed ${seed}`).toBeGreaterThanOrEqual(lines.length - blank);
        else expect(counted, `seed ${seed}`).toBe(lines.length - blank);
        expect(messages, `seed ${seed}`).not.toContain(PASSWORD);
      }
    },
    FULL_TIME,
  );

  it(
    `with ${total} odd lines of CSV with quotes of any kind does not throw, and finds a record after an unquoted line`,
    async () => {
      const folder = makeTempDir(onTestFinished);
      for (let seed = 0; seed < total / ODD_LINES_A_FILE; seed++) {
        const random = new Random(seed);
        const lines = Array.from({ length: ODD_LINES_A_FILE }, () => oddLine('csv', random));
        // An open quote is closed, or abandoned, within a hundred lines.
        const end = Array.from({ length: 120 }, (_, i) => wellFormedLine('list', 3 * i + 1));
        const { result, urls, messages } = await importText('csv', folder, textOf('csv', [...lines, ...end]));
        for (let i = 0; i < 120; i++) expect(urls.has(urlOf(3 * i + 1)), `seed ${seed}, ${i}`).toBe(true);
        expect(result.loaded + result.skipped + result.failed).toBeLessThanOrEqual(lines.length + end.length);
        expect(messages, `seed ${seed}`).not.toContain(PASSWORD);
      }
    },
    FULL_TIME,
  );
});

function isPassedOver(format: LineFormat, line: string): boolean {
  if (format === 'json') return false;
  const text = (format === 'list' ? line.replace(/(?:^|\s)#.*$/s, '') : line).trim();
  if (format === 'list' && /^(?:;|\/\/)/.test(text)) return true;
  // JSON as an array with one row per line.
  return text === '' || (format === 'jsonl' && /^(?:\[|\],?|,)$/.test(text));
}
