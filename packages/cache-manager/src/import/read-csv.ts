import type { ByteSource } from './byte-source.ts';
import { type CsvRecord, CsvRecords, guessDelimiter } from './csv-records.ts';
import type { FileItem } from './file-item.ts';
import { readLines, type TextLine } from './text-lines.ts';

/** Records under a header line whose names may be in any case, parted by comma, semicolon, tab or bar. */
export async function* readCsv(source: ByteSource): AsyncGenerator<FileItem[]> {
  const table = new CsvTable();
  for await (const lines of readLines(source)) yield lines.flatMap((line) => table.push(line));
  yield table.end();
}

class CsvTable {
  #records: CsvRecords | undefined;
  #names: readonly string[] | undefined;

  push(line: TextLine): FileItem[] {
    if (this.#records === undefined && line.problem === undefined && line.text.trim() === '') return [];
    this.#records ??= new CsvRecords(guessDelimiter(line.text));
    return this.#toItems(this.#records.push(line));
  }

  end(): FileItem[] {
    return this.#toItems(this.#records?.end() ?? []);
  }

  #toItems(records: readonly CsvRecord[]): FileItem[] {
    const items: FileItem[] = [];
    for (const record of records) {
      if ('problem' in record) items.push({ line: record.line, fate: 'failed', reason: record.problem });
      else if (this.#names === undefined) this.#names = record.cells.map((name) => name.trim().toLowerCase());
      else items.push({ line: record.line, row: toRow(this.#names, record.cells) });
    }
    return items;
  }
}

/** Cells by name; a record may be shorter than the header, and what is longer has no name. */
function toRow(names: readonly string[], cells: readonly string[]): Record<string, string> {
  return Object.fromEntries(names.slice(0, cells.length).map((name, i) => [name, cells[i]!]));
}
