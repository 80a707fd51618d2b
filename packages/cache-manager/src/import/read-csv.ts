import type { ByteSource } from './byte-source.ts';
import { type CsvRecord, CsvRecords, guessDelimiter } from './csv-records.ts';
import type { FileItem, FileItems } from './file-item.ts';
import { readLines, type TextLine } from './text-lines.ts';

/** Records under a header line whose names may be in any case, parted by comma, semicolon, tab or bar. */
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

class CsvTable {
  /** True once it is clear that nothing more can be read: without a header the columns have no names. */
  isOver = false;
  #records: CsvRecords | undefined;
  #names: readonly string[] | undefined;

  push(line: TextLine): readonly FileItem[] {
    if (this.#records === undefined && line.problem === undefined && line.text.trim() === '') return [];
    this.#records ??= new CsvRecords(guessDelimiter(line.text));
    return this.#toItems(this.#records.push(line));
  }

  end(): readonly FileItem[] {
    return this.#toItems(this.#records?.end() ?? []);
  }

  #toItems(records: readonly CsvRecord[]): readonly FileItem[] {
    const items: FileItem[] = [];
    for (const record of records) {
      if ('problem' in record) {
        this.isOver = this.#names === undefined;
        const reason = this.isOver ? `is the header, and ${record.problem}: nothing is read` : record.problem;
        items.push({ line: record.line, fate: 'failed', reason });
        if (this.isOver) return items;
      } else if (this.#names === undefined) this.#names = record.cells.map((name) => name.trim().toLowerCase());
      else items.push({ line: record.line, row: toRow(this.#names, record.cells) });
    }
    return items;
  }
}

/** Cells by name; a record may be shorter than the header, and what is longer has no name. */
function toRow(names: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.slice(0, cells.length).map((name, i) => [name, cells[i]!]));
}
