import { cellsOf } from '../figures/figure.ts';
import { formatValue } from '../figures/format.ts';
import type { ScenarioResult } from '../run/run-scenario.ts';
import { type GoalBar, goalChart } from './charts/goal-chart.ts';
import { lineChart } from './charts/line-chart.ts';
import { originLine, scenarioMarkdown } from './markdown.ts';
import type { Report } from './report.ts';

/** A page and its pictures: texts by path, relative to the folder of the page. */
export type PageFiles = ReadonlyMap<string, string>;

const INTRODUCTION = `What the cache costs, beside what a user would pick instead and beside the bare floor, all in one run. Only ratios carry
over to another machine; the times are there to show their size. Made by \`pnpm bench --all\` and \`pnpm bench:docs\`: do not edit.

A floor is the least that the work can cost: no checks, no locks, no expiry. A verdict is *close* when the middle half of the
rounds lies on both sides of the goal. In the plots of goals a bar shows the figure as a multiple of what the goal allows.`;

/** Headings by the first word of the scenarios' names. */
const TITLES: Readonly<Record<string, string>> = {
  crypto: 'Credentials',
  disk: 'Stores on disk',
  hit: 'Hit rates',
  jsonl: 'The JSON Lines tier',
  manager: 'The manager',
  memory: 'The memory tier',
  redis: 'The Redis tier',
  sqlite: 'The SQLite tiers',
};

/** The page about performance, generated from a full run. */
export function performancePage(report: Report): PageFiles {
  const files = new Map<string, string>();
  const sections = groupsOf(report.scenarios).flatMap(([group, results]) => section(group, results, files));
  const lines = ['# Performance', '', INTRODUCTION, '', originLine(report), '', ...summary(report), ...sections];
  files.set('performance.md', `${lines.join('\n').trimEnd()}\n`);
  return files;
}

/** Scenarios by the first word of their names, in the order of the run. */
function groupsOf(results: readonly ScenarioResult[]): [string, ScenarioResult[]][] {
  const groups = new Map<string, ScenarioResult[]>();
  for (const result of results) {
    const group = result.name.split('-')[0]!;
    groups.set(group, [...(groups.get(group) ?? []), result]);
  }
  return [...groups];
}

function summary({ scenarios }: Report): string[] {
  const goals = scenarios.flatMap(({ name, goals: own }) => own.map((goal) => ({ name, ...goal })));
  const met = goals.filter(({ verdict }) => verdict === 'met');
  const missed = goals.filter(({ verdict }) => verdict !== 'met');
  const lines = [`${met.length} of ${goals.length} goals are met.`, ''];
  if (missed.length === 0) return lines;
  lines.push('Missed:', '', '| scenario | goal | figure |', '| --- | --- | --: |');
  for (const { name, goal, figure, close } of missed) {
    lines.push(`| [${name}](#${name}) | ${goal} | ${figure}${close ? ', close' : ''} |`);
  }
  return [...lines, ''];
}

function section(group: string, results: readonly ScenarioResult[], files: Map<string, string>): string[] {
  const title = TITLES[group] ?? group;
  const lines = [`## ${title}`, ''];
  const bars = results.flatMap(({ name, goals }) =>
    goals.map((goal): GoalBar => ({ label: short(name, goal), ...goal })),
  );
  if (bars.length > 0) lines.push(...picture(`${group}-goals`, goalChart(`${title}: goals`, bars), files));
  for (const result of results) {
    lines.push(scenarioMarkdown(result), '');
    if (result.columns === undefined || result.error !== undefined) continue;
    lines.push(...picture(result.name, columnChart(result, result.columns), files));
  }
  return lines;
}

function short(name: string, { goal }: { readonly goal: string }): string {
  const text = `${name}: ${goal}`;
  return text.length > 66 ? `${text.slice(0, 65)}…` : text;
}

function picture(name: string, svg: string, files: Map<string, string>): string[] {
  const path = `performance/${name}.svg`;
  files.set(path, svg);
  return [`![${name}](${path})`, ''];
}

function columnChart({ name, figures }: ScenarioResult, axis: string): string {
  const cells = cellsOf(figures);
  const columns = [...new Set(cells.map(({ column }) => column))];
  const names = [...new Set(cells.map((cell) => cell.name))];
  const { unit } = figures[0]!;
  const valueAt = (row: string, column: string) =>
    cells.find((cell) => cell.name === row && cell.column === column)?.figure.value;
  return lineChart({
    title: name,
    columns,
    axis,
    series: names.map((row) => ({ name: row, values: columns.map((column) => valueAt(row, column)) })),
    ...(unit === 'share' ? { top: 1 } : {}),
    format: (value) => formatValue(value, unit),
  });
}
