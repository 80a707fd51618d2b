import { cellsOf, type Figure } from '../figures/figure.ts';
import { formatRatio, formatValue } from '../figures/format.ts';
import type { ScenarioResult } from '../run/run-scenario.ts';
import type { Report } from './report.ts';

/** A run as Markdown: its origin, then each scenario. */
export function reportMarkdown(report: Report): string {
  return [originLine(report), '', ...report.scenarios.flatMap((result) => [scenarioMarkdown(result), ''])].join('\n');
}

/** When and on which machine a run took place. */
export function originLine({ origin }: Report): string {
  const { date, commit, node, cpu, cores, platform, quick } = origin;
  const mode = quick ? '; quick run' : '';
  return `Node.js ${node}, ${cpu}, ${cores} cores, ${platform}; ${date} UTC, commit ${commit}${mode}.`;
}

/** A scenario as Markdown: figures with their ratio to the cheapest, goals with verdicts, warnings. */
export function scenarioMarkdown({
  name,
  about,
  columns,
  why,
  figures,
  goals,
  warnings,
  error,
}: ScenarioResult): string {
  const lines = [`### ${name}`, '', about, ''];
  if (error !== undefined) return [...lines, `**Wrong**: ${error}`].join('\n');
  lines.push(...(columns === undefined ? rankedTable(figures) : columnTable(columns, figures)));
  if (goals.length > 0) lines.push('', '| goal | figure | verdict |', '| --- | --: | --- |');
  for (const { goal, figure, verdict, close } of goals) {
    lines.push(`| ${goal} | ${figure} | ${verdict === 'met' ? 'met' : '**missed**'}${close ? ', close' : ''} |`);
  }
  if (why !== undefined) lines.push('', why);
  if (warnings.length > 0) lines.push('', ...warnings.map((warning) => `- Wide spread: ${warning}.`));
  return lines.join('\n');
}

function rankedTable(figures: readonly Figure[]): string[] {
  const rows = figures.map((figure) => figureRow(figure, figures));
  return ['| | median | ratio to the best | least | most |', '| --- | --: | --: | --: | --: |', ...rows];
}

/** A table with a row for each name and a column for each size. */
function columnTable(title: string, figures: readonly Figure[]): string[] {
  const cells = cellsOf(figures);
  const columns = [...new Set(cells.map(({ column }) => column))];
  const rows = [...new Set(cells.map((cell) => cell.name))].map((name) => {
    const row = cells.filter((cell) => cell.name === name);
    const values = columns.map((column) => row.find((cell) => cell.column === column)?.figure);
    const shown = values.map((figure) => (figure === undefined ? '' : formatValue(figure.value, figure.unit)));
    return `| ${shownName(name, row[0]!.figure.role)} | ${shown.join(' | ')} |`;
  });
  return [`| ${title} | ${columns.join(' | ')} |`, `| --- |${' --: |'.repeat(columns.length)}`, ...rows];
}

function shownName(name: string, role: Figure['role']): string {
  return role === 'ours' ? `**${name}**` : role === 'floor' ? `floor: ${name}` : name;
}

function figureRow(figure: Figure, all: readonly Figure[]): string {
  const { name, role, unit, value, min, max } = figure;
  const alike = all.filter((other) => other.unit === unit && other.role !== 'floor');
  const best = Math.min(...alike.map((other) => other.value));
  const ratio = best > 0 && alike.length > 0 ? formatRatio(value / best) : '';
  return `| ${shownName(name, role)} | ${formatValue(value, unit)} | ${ratio} | ${formatValue(min, unit)} | ${formatValue(max, unit)} |`;
}
