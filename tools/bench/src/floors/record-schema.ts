import { z } from 'zod';

const instant = z.iso.datetime({ offset: true, local: true }).transform((text) => Date.parse(text));
const count = z.int().min(0);

/** The 21 members of a stored record as a program would check them with zod; times become numbers. */
export const recordSchema = z.object({
  key: z.string().min(1),
  proxy_url: z.string().min(1),
  username_encrypted: z.string().optional(),
  password_encrypted: z.string().optional(),
  source: z.string(),
  fetch_time: instant,
  last_accessed: instant,
  access_count: count,
  ttl_seconds: count,
  expires_at: instant,
  health_status: z.enum(['healthy', 'unhealthy', 'unknown']),
  failure_count: count,
  evicted_from_l1: z.boolean(),
  last_health_check: instant.nullable(),
  consecutive_health_failures: count,
  consecutive_health_successes: count,
  recovery_attempt: count,
  next_check_time: instant.nullable(),
  last_health_error: z.string().nullable(),
  total_health_checks: count,
  total_health_check_failures: count,
});
