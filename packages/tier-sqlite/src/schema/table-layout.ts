/** A column as ProxyWhirl declares it. */
export interface ColumnDefinition {
  readonly name: string;
  readonly declaration: string;
}

/** One of ProxyWhirl's two tables of entries, and our tables for the values that it has no columns for. */
export interface TableLayout {
  readonly table: 'l2_cache' | 'cache_entries';
  /** In ProxyWhirl's order: it reads `SELECT *` by position. */
  readonly columns: readonly ColumnDefinition[];
  /** ProxyWhirl's indexes: by name, the text after `ON table`. */
  readonly indexes: Readonly<Record<string, string>>;
  /** Our side table: checksums and, where the table has no columns for them, the health fields. */
  readonly side: string;
  /** Damaged rows, exactly as they were found, except for values that exceed all bounds. */
  readonly quarantine: string;
  /** Our table of labels by name and value; `null` where there are no queries. */
  readonly labels: string | null;
  /** The log of writes. */
  readonly changes: string;
  /** Up to where tiers above have followed the log, and how far it was pruned. */
  readonly cursors: string;
  /** What a base below may miss. */
  readonly marks: string;
  readonly healthInSide: boolean;
  /** Whether the table has created_at, updated_at and a health history. */
  readonly isFull: boolean;
}

const column = (name: string, declaration: string): ColumnDefinition => ({ name, declaration });

const CORE = [
  column('key', 'TEXT PRIMARY KEY'),
  column('proxy_url', 'TEXT NOT NULL'),
  column('username_encrypted', 'BLOB'),
  column('password_encrypted', 'BLOB'),
  column('source', 'TEXT NOT NULL'),
  column('fetch_time', 'REAL NOT NULL'),
  column('last_accessed', 'REAL NOT NULL'),
  column('access_count', 'INTEGER DEFAULT 0'),
  column('ttl_seconds', 'INTEGER NOT NULL'),
  column('expires_at', 'REAL NOT NULL'),
  column('health_status', "TEXT DEFAULT 'unknown'"),
  column('failure_count', 'INTEGER DEFAULT 0'),
] as const;
const EVICTED = column('evicted_from_l1', 'INTEGER DEFAULT 0');
const STAMPS = [column('created_at', 'REAL NOT NULL'), column('updated_at', 'REAL NOT NULL')] as const;

/** The health fields that L2's table has no columns for. */
const HEALTH_COLUMNS: readonly ColumnDefinition[] = [
  column('last_health_check', 'REAL'),
  column('consecutive_health_failures', 'INTEGER DEFAULT 0'),
  column('consecutive_health_successes', 'INTEGER DEFAULT 0'),
  column('recovery_attempt', 'INTEGER DEFAULT 0'),
  column('next_check_time', 'REAL'),
  column('last_health_error', 'TEXT'),
  column('total_health_checks', 'INTEGER DEFAULT 0'),
  column('total_health_check_failures', 'INTEGER DEFAULT 0'),
];

/**
 * The labels, as a JSON list of strings `name=value`; NULL if there are none. Neither table of ProxyWhirl has a column
 * for them.
 */
export const LABELS_COLUMN: ColumnDefinition = column('labels', 'TEXT');

/**
 * The version of a row; NULL in rows from before versions existed, and in those of version 0. Not a value of the entry:
 * the record's checksum covers it if there is one.
 */
export const VERSION_COLUMN: ColumnDefinition = column('version', 'INTEGER');

const STORED = [...CORE, EVICTED, ...HEALTH_COLUMNS, LABELS_COLUMN];

/** The columns of the 22 stored values of an entry, in the order of `EntryValues`. */
export const ENTRY_COLUMNS: readonly string[] = STORED.map(({ name }) => name);

const NUMBERS: ReadonlySet<string> = new Set(
  STORED.filter(({ declaration }) => /^(REAL|INTEGER)/.test(declaration)).map(({ name }) => name),
);
const HEALTH_NAMES: ReadonlySet<string> = new Set(HEALTH_COLUMNS.map(({ name }) => name));

/** Whether a column contains numbers; the others contain strings and tokens. */
export function isNumberColumn(name: string): boolean {
  return NUMBERS.has(name);
}

/** The columns in the side table, in the order of {@link ENTRY_COLUMNS}, of which they are the last. */
export function sideColumns({ healthInSide }: Pick<TableLayout, 'healthInSide'>): readonly ColumnDefinition[] {
  return healthInSide ? [...HEALTH_COLUMNS, LABELS_COLUMN] : [LABELS_COLUMN];
}

/** Whether a column is in the side table. */
export function isInSide({ healthInSide }: TableLayout, name: string): boolean {
  return name === LABELS_COLUMN.name || (healthInSide && HEALTH_NAMES.has(name));
}

/**
 * Our own index, over the entries of SqliteCacheTier with a next check. SQLite also maintains it when ProxyWhirl
 * writes.
 */
export const NEXT_CHECK_INDEX = 'pw_cache_entries_next_check_time';

/** Our own table of the labels of SqliteCacheTier, and its primary key. */
const LABELS_TABLE = 'pw_cache_entries_labels';
export const LABELS_INDEX = `sqlite_autoindex_${LABELS_TABLE}_1`;

/** DiskCacheTier's table. */
export const L2_LAYOUT: TableLayout = {
  table: 'l2_cache',
  columns: [...CORE, EVICTED],
  indexes: { idx_l2_expires_at: '(expires_at)', idx_l2_source: '(source)' },
  side: 'pw_l2_cache',
  quarantine: 'pw_l2_cache_quarantine',
  labels: null,
  changes: 'pw_l2_cache_changes',
  cursors: 'pw_l2_cache_cursors',
  marks: 'pw_l2_cache_marks',
  healthInSide: true,
  isFull: false,
};

/** SqliteCacheTier's table. */
export const L3_LAYOUT: TableLayout = {
  table: 'cache_entries',
  columns: [...CORE, ...STAMPS, ...HEALTH_COLUMNS, EVICTED],
  indexes: {
    idx_expires_at: '(expires_at)',
    idx_source: '(source)',
    idx_health_status: '(health_status)',
    idx_last_accessed: '(last_accessed)',
  },
  side: 'pw_cache_entries',
  quarantine: 'pw_cache_entries_quarantine',
  labels: LABELS_TABLE,
  changes: 'pw_cache_entries_changes',
  cursors: 'pw_cache_entries_cursors',
  marks: 'pw_cache_entries_marks',
  healthInSide: false,
  isFull: true,
};
