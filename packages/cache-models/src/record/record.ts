/** ProxyWhirl's JSON members of an entry, in the order in which it writes them. */
export const RECORD_MEMBERS = Object.freeze([
  'key',
  'proxy_url',
  'source',
  'fetch_time',
  'last_accessed',
  'access_count',
  'ttl_seconds',
  'expires_at',
  'health_status',
  'failure_count',
  'evicted_from_l1',
  'last_health_check',
  'consecutive_health_failures',
  'consecutive_health_successes',
  'recovery_attempt',
  'next_check_time',
  'last_health_error',
  'total_health_checks',
  'total_health_check_failures',
  'username_encrypted',
  'password_encrypted',
] as const);

/**
 * An entry in the format of ProxyWhirl's JSON Lines files. Times are ISO 8601 strings in UTC with microseconds; a token
 * is the lower-case hex of its ASCII bytes, and absent if there is no credential.
 */
export interface ProxyRecord {
  key: string;
  proxy_url: string;
  source: string;
  fetch_time: string;
  last_accessed: string;
  access_count: number;
  ttl_seconds: number;
  expires_at: string;
  health_status: string;
  failure_count: number;
  evicted_from_l1: boolean;
  last_health_check: string | null;
  consecutive_health_failures: number;
  consecutive_health_successes: number;
  recovery_attempt: number;
  next_check_time: string | null;
  last_health_error: string | null;
  total_health_checks: number;
  total_health_check_failures: number;
  username_encrypted?: string;
  password_encrypted?: string;
  /** Not in ProxyWhirl, which ignores it: labels as `name=value`, ordered by name; absent if there are none. */
  labels?: readonly string[];
  /**
   * Not in ProxyWhirl, which ignores it: the version of the write ({@link versionOf}), in files of a tier only. Absent
   * from a record that another program wrote, and from exported files.
   */
  pw_version?: number;
}
