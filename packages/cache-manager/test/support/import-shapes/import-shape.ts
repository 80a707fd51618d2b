/**
 * An example of an import file and what it loads. Tests assert each one, and the documentation is generated from them.
 */
export interface ImportShape {
  readonly title: string;
  readonly format: 'list' | 'csv' | 'json' | 'jsonl';
  readonly content: string;
  readonly loads: readonly {
    readonly url: string;
    readonly username?: string;
    readonly password?: string;
    readonly labels?: Readonly<Record<string, string>>;
  }[];
  readonly problems?: readonly string[];
  readonly note?: string;
}
