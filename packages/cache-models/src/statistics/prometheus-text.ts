import type { StalenessReport } from './staleness-report.ts';
import type { TierReport } from './tier-report.ts';

/** The part of the statistics that is printed; a CacheStatistics is one. */
interface PrometheusSource {
  readonly tiers: readonly TierReport[];
  readonly requestMisses: number | null;
  readonly overallHitRate: number;
  readonly staleness: StalenessReport | null;
}

interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/**
 * Prints statistics in Prometheus's text format 0.0.4: counts as counters (`_total`), sizes and states as gauges, one
 * family for all tiers with the tier's name as a label.
 */
export function prometheusText(statistics: PrometheusSource): string {
  const { tiers, requestMisses } = statistics;
  const ofTiers = (value: (tier: TierReport) => number): Sample[] =>
    tiers.map((tier) => ({ labels: { tier: tier.name }, value: value(tier) }));
  const evictions = tiers.flatMap(({ name, stats }): Sample[] => [
    { labels: { tier: name, reason: 'capacity' }, value: stats.evictionsLru },
    { labels: { tier: name, reason: 'ttl' }, value: stats.evictionsTtl },
    { labels: { tier: name, reason: 'health' }, value: stats.evictionsHealth },
    { labels: { tier: name, reason: 'corruption' }, value: stats.evictionsCorruption },
  ]);
  const families = [
    family(
      'hits_total',
      'counter',
      'Reads that the tier answered.',
      ofTiers(({ stats }) => stats.hits),
    ),
    family(
      'misses_total',
      'counter',
      'Reads that the tier could not answer.',
      ofTiers(({ stats }) => stats.misses),
    ),
    family('evictions_total', 'counter', 'Entries that left the tier, by reason.', evictions),
    family(
      'undecryptable_total',
      'counter',
      'Reads of a record whose credentials no key opens.',
      ofTiers(({ stats }) => stats.undecryptable),
    ),
    family(
      'promotions_total',
      'counter',
      'Entries copied up into the tier.',
      ofTiers((tier) => tier.promotions ?? 0),
    ),
    family(
      'demotions_total',
      'counter',
      'Entries that the tier had no room for while a lower one kept them.',
      ofTiers((tier) => tier.demotions ?? 0),
    ),
    ...(requestMisses === null
      ? []
      : [
          family('request_misses_total', 'counter', 'Reads that no tier answered.', [
            { labels: {}, value: requestMisses },
          ]),
        ]),
    family(
      'entries',
      'gauge',
      'Entries in the tier.',
      ofTiers(({ stats }) => stats.currentSize),
    ),
    family(
      'degraded',
      'gauge',
      '1 while the tier is off because of failures.',
      ofTiers((tier) => Number(tier.degraded)),
    ),
    family('hit_ratio', 'gauge', 'Share of all reads that a tier answered.', [
      { labels: {}, value: statistics.overallHitRate },
    ]),
    ...stalenessFamilies(statistics.staleness),
  ];
  return families.join('');
}

function stalenessFamilies(staleness: StalenessReport | null): string[] {
  if (staleness === null) return [];
  const sample = (value: number): Sample[] => [{ labels: {}, value }];
  const { maxMs, polls, failedPolls, dropped, doubtful } = staleness;
  return [
    family('max_staleness_ms', 'gauge', 'How far an answer from memory may lag behind others.', sample(maxMs)),
    family('change_polls_total', 'counter', 'Times the tiers were asked for changes by others.', sample(polls)),
    family('change_polls_failed_total', 'counter', 'Times a tier could not be asked.', sample(failedPolls)),
    family('copies_dropped_total', 'counter', 'Copies in memory that others had made outdated.', sample(dropped)),
    family('doubtful_answers_total', 'counter', 'Answers while the lowest tier was never reached.', sample(doubtful)),
  ];
}

function family(name: string, type: 'counter' | 'gauge', help: string, samples: readonly Sample[]): string {
  const full = `proxywhirl_cache_${name}`;
  const lines = samples.map(({ labels, value }) => `${full}${labelText(labels)} ${value}\n`);
  return `# HELP ${full} ${help}\n# TYPE ${full} ${type}\n${lines.join('')}`;
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const parts = Object.entries(labels).map(([name, value]) => `${name}="${escapeLabel(value)}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

function escapeLabel(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}
