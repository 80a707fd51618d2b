import { CacheEntry, type CacheEntryFields, HealthStatus } from '@pw/cache-models';
import { isSameProxy } from '../../../is-same-proxy.ts';
import { mergeLabels } from './merge-labels.ts';

/**
 * Merges a row into the cached entry. The cached entry keeps its health (unless it was never checked), its access
 * counts, and the credentials and labels that the row lacks. Its TTL is never shortened, unless the import sets one.
 *
 * An entry of another proxy is not merged: its credentials are not meant for the row's host.
 */
export function mergeExisting(existing: CacheEntry, incoming: CacheEntry, ttlGiven: boolean): CacheEntry {
  if (!isSameProxy(existing, incoming)) return incoming;
  const life = ttlGiven || incoming.expiresAt >= existing.expiresAt ? incoming : existing;
  return CacheEntry.restore({
    ...incoming.toFields(),
    ...mergedCredentials(existing, incoming),
    ...healthOf(wasChecked(existing) ? existing : incoming),
    fetchTime: Math.max(existing.fetchTime, incoming.fetchTime),
    lastAccessed: Math.max(existing.lastAccessed, incoming.lastAccessed),
    accessCount: existing.accessCount,
    evictedFromL1: existing.evictedFromL1,
    labels: mergeLabels(existing.labels, incoming.labels),
    ttlSeconds: life.ttlSeconds,
    expiresAt: life.expiresAt,
  });
}

function mergedCredentials(
  existing: CacheEntry,
  incoming: CacheEntry,
): Pick<CacheEntryFields, 'username' | 'password'> {
  if (!incoming.hasCredentials) return { username: existing.username, password: existing.password };
  if (incoming.password !== null) return { username: incoming.username, password: incoming.password };
  const sameUser = existing.username?.reveal() === incoming.username?.reveal();
  return { username: incoming.username, password: sameUser ? existing.password : null };
}

function healthOf(entry: CacheEntry) {
  return {
    healthStatus: entry.healthStatus,
    failureCount: entry.failureCount,
    lastHealthCheck: entry.lastHealthCheck,
    consecutiveHealthFailures: entry.consecutiveHealthFailures,
    consecutiveHealthSuccesses: entry.consecutiveHealthSuccesses,
    recoveryAttempt: entry.recoveryAttempt,
    nextCheckTime: entry.nextCheckTime,
    lastHealthError: entry.lastHealthError,
    totalHealthChecks: entry.totalHealthChecks,
    totalHealthCheckFailures: entry.totalHealthCheckFailures,
  };
}

function wasChecked(entry: CacheEntry): boolean {
  return (
    entry.healthStatus !== HealthStatus.UNKNOWN ||
    entry.failureCount > 0 ||
    entry.totalHealthChecks > 0 ||
    entry.lastHealthCheck !== null
  );
}
