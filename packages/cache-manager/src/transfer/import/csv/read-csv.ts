import type { FileItem, FileItems } from '../file-item.ts';
import type { ByteSource } from '../input/byte-source.ts';
import { readLines, type TextLine } from '../input/text-lines.ts';
import { MemberNames } from '../rows/members/member-names.ts';
import { isPort } from '../rows/unnamed/cell-kinds.ts';
import { UnnamedCells } from '../rows/unnamed/unnamed-cells.ts';
import { looksLikeCredentials } from '../words/credential-shape.ts';
import { isProperName } from '../words/proper-name.ts';
import { type CsvHeader, readFirstRecord, reasonOfUnfit } from './csv-header.ts';
import { type CsvRecord, CsvRecords, guessDelimiter } from './csv-records.ts';

/**
 * Records under a header of case-insensitive names, separated by comma, semicolon, tab or bar. If the first record
 * contains a proxy, the table has no header, and each cell is recognised by its content.
 */
export async function* readCsv(source: ByteSource): AsyncGenerator<FileItems> {
  const table = new CsvTable();
  for await (const lines of readLines(source)) {
    yield itemsOf(lines, table);
    if (table.isOver) return;
  }
  yield table.end();
}

function* itemsOf(lines: Iterable<TextLine>, table: CsvTable): Generator<FileItem | undefined> {
  for (const line of lines) {
    const items = table.push(line);
    if (items.length === 0) yield undefined;
    yield* items;
    if (table.isOver) return;
  }
}

/** The line that Excel writes before the header. */
const SEPARATOR = /^"?sep=([,;\t|])"?\s*$/i;
/** A delimiter that never occurs, so that each line is one cell. */
const NO_DELIMITER = '\0';

const TOO_MANY_CELLS =
  'has more cells than the header has columns: put each value that contains the delimiter in quotes';
const CELLS_LEFT_OUT =
  'has more cells than the header has columns, and the last ones were left out: put each value that contains the delimiter in quotes';

const TOO_FEW_CELLS =
  'has fewer cells than the header has columns, and its host is a single word, which may be a credential that was shifted: write every cell, even an empty one';

class CsvTable {
  /** True once reading has ended because the columns are unknown. */
  isOver = false;
  #records: CsvRecords | undefined;
  #delimiter: string | undefined;
  #header: CsvHeader | undefined;
  readonly #unnamedCells = new UnnamedCells();
  #isHeaderless = false;
  /** The first record, if it is neither header nor data. */
  #unfit: readonly string[] | undefined;

  push(line: TextLine): readonly FileItem[] {
    if (this.#records === undefined && line.problem === undefined) {
      if (line.text.trim() === '' || this.#takePreamble(line.text)) return [];
    }
    this.#records ??= new CsvRecords(this.#delimiter ?? delimiterOf(line.text));
    return this.#toItems(this.#records.push(line));
  }

  end(): readonly FileItem[] {
    const items = this.#toItems(this.#records?.end() ?? []);
    return this.#unfit === undefined || this.isOver ? items : [...items, this.#giveUp(this.#unfit, undefined)];
  }

  /** Consumes a `sep=` line or a comment before the header. */
  #takePreamble(text: string): boolean {
    const separator = SEPARATOR.exec(text)?.[1];
    if (separator !== undefined) this.#delimiter = separator;
    return separator !== undefined || /^#\s*(?![,;\t|])/.test(text);
  }

  #toItems(records: readonly CsvRecord[]): readonly FileItem[] {
    const items: FileItem[] = [];
    for (const record of records) {
      const item = 'problem' in record ? this.#toProblem(record) : this.#toItem(record);
      if (item !== undefined) items.push(item);
      if (this.isOver) return items;
    }
    return items;
  }

  #toProblem({ line, problem }: CsvRecord & { readonly problem: string }): FileItem {
    if (this.#unfit !== undefined) return this.#giveUp(this.#unfit, undefined);
    this.isOver = this.#header === undefined && !this.#isHeaderless;
    const reason = this.isOver ? `is the header, and ${problem}: nothing was read` : problem;
    return { line, fate: 'failed', reason };
  }

  #toItem({ line, cells }: CsvRecord & { readonly cells: readonly string[] }): FileItem | undefined {
    if (this.#header !== undefined) return toRow(this.#header, line, cells);
    if (this.#isHeaderless) return this.#toUnnamedRow(line, cells);
    if (this.#unfit !== undefined) return this.#giveUp(this.#unfit, cells);
    const first = readFirstRecord(cells, new MemberNames(), (all) => {
      const read = this.#unnamedCells.read(all);
      return 'row' in read || read.fate === 'failed';
    });
    if (first.kind === 'duplicate') {
      this.isOver = true;
      return { line: 0, fate: 'failed', reason: `the file has more than one ${first.name} column: rename all but one` };
    }
    if (first.kind === 'header') this.#header = first.header;
    else if (first.kind === 'data') {
      this.#isHeaderless = true;
      return this.#toUnnamedRow(line, cells);
    } else this.#unfit = cells;
    return undefined;
  }

  /** Ends the reading: no row can be read without known columns. */
  #giveUp(first: readonly string[], next: readonly string[] | undefined): FileItem {
    this.isOver = true;
    return { line: 0, fate: 'failed', reason: reasonOfUnfit(first, next) };
  }

  #toUnnamedRow(line: number, cells: readonly string[]): FileItem {
    return { line, ...this.#unnamedCells.read(cells) };
  }
}

function delimiterOf(header: string): string {
  const delimiter = guessDelimiter(header);
  const isSingleColumn = !header.includes(delimiter);
  // A single column of proxies may contain any delimiter, for example in a password.
  return isSingleColumn && new MemberNames().roleOf(header.trim().replace(/^"(.*)"$/, '$1'))?.field !== undefined
    ? NO_DELIMITER
    : delimiter;
}

/**
 * The cells of a record by name. A record may be shorter than the header, but then its cells may be shifted by one that
 * is missing or too many, and a credential must not become a host. If it is longer, the extra cells may be the end of a
 * password.
 */
function toRow(header: CsvHeader, line: number, cells: readonly string[]): FileItem {
  const { names, hasCredentials, endsInNote, hostAfterCredentials } = header;
  const { length } = names;
  if (cells.length < length && hostAfterCredentials !== undefined && isSingleWord(cells[hostAfterCredentials]))
    return { line, fate: 'failed', reason: TOO_FEW_CELLS };
  if (cells.length > length && cells.slice(length).some((cell) => cell !== '')) {
    if (hasCredentials || !endsInNote || mayMatter(cells.slice(Math.max(0, length - 1))))
      return { line, fate: 'failed', reason: TOO_MANY_CELLS };
    return { line, row: rowOf(names, cells), hint: { note: CELLS_LEFT_OUT } };
  }
  return { line, row: rowOf(names, cells) };
}

/** True for a host that may be a credential instead: it has neither a dot nor a colon. */
function isSingleWord(host = ''): boolean {
  const text = host.trim().toLowerCase();
  return text !== '' && text !== 'localhost' && !/[.:]/.test(text);
}

/** True if the cells may be credentials or part of a proxy: only text such as `Example, Inc.` may be truncated. */
function mayMatter(cells: readonly string[]): boolean {
  const [note = '', ...surplus] = cells;
  if (cells.some((cell) => cell.includes('@') || looksLikeCredentials(cell) || isPort(cell))) return true;
  return !/\s/.test(note) && !isProperName(note) && surplus.some((cell) => !/\s/.test(cell) && !isProperName(cell));
}

function rowOf(names: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.slice(0, cells.length).map((name, i) => [name, cells[i]!]));
}
