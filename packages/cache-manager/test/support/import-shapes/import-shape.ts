/** One shape of an import file: an example, and what it loads. The documentation is generated from tables of these, and a test asserts each. */
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
