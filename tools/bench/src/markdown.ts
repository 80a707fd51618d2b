import type { Figure } from './figure.ts';
import { formatRatio, formatValue } from './format.ts';
import type { Report } from './report.ts';
import type { ScenarioResult } from './run-scenario.ts';

/** A run as Markdown: where it took place, then each scenario. */
export function reportMarkdown({ origin, scenarios }: Report): string {
  const { date, commit, node, cpu, cores, platform, quick } = origin;
  const lines = [
    `Node.js ${node}, ${cpu}, ${cores} cores, ${platform}; ${date} UTC, commit ${commit}${quick ? '; quick run' : ''}.`,
    '',
    ...scenarios.flatMap((result) => [scenarioMarkdown(result), '']),
  ];
  return lines.join('\n');
}

/** A scenario as Markdown: figures with their ratio to the cheapest, goals with verdicts, warnings. */
export function scenarioMarkdown({ name, about, figures, goals, warnings, error }: ScenarioResult): string {
  const lines = [`### ${name}`, '', about, ''];
  if (error !== undefined) return [...lines, `**Wrong**: ${error}`].join('\n');
  lines.push('| | median | ratio to the best | least | most |', '| --- | --: | --: | --: | --: |');
  for (const figure of figures) lines.push(figureRow(figure, figures));
  if (goals.length > 0) lines.push('', '| goal | figure | verdict |', '| --- | --: | --- |');
  for (const { goal, figure, verdict, close } of goals) {
    lines.push(`| ${goal} | ${figure} | ${verdict === 'met' ? 'met' : '**missed**'}${close ? ', close' : ''} |`);
  }
  if (warnings.length > 0) lines.push('', ...warnings.map((warning) => `- Wide spread: ${warning}.`));
  return lines.join('\n');
}

function figureRow(figure: Figure, all: readonly Figure[]): string {
  const { name, role, unit, value, min, max } = figure;
  const alike = all.filter((other) => other.unit === unit && other.role !== 'floor');
  const best = Math.min(...alike.map((other) => other.value));
  const shown = role === 'ours' ? `**${name}**` : role === 'floor' ? `floor: ${name}` : name;
  const ratio = best > 0 && alike.length > 0 ? formatRatio(value / best) : '';
  return `| ${shown} | ${formatValue(value, unit)} | ${ratio} | ${formatValue(min, unit)} | ${formatValue(max, unit)} |`;
}
