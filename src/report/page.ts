/** A page with sections of text, tables and plots, as a single HTML file without external resources, and as Markdown. */
import { type Plot, SERIES } from './plot.js';
import { escapeHtml as escaped, escapeMarkdown, type ResultTable } from './table/index.js';

export interface Section {
  readonly title: string;
  readonly text?: readonly string[];
  readonly table?: ResultTable;
  /** Shown in HTML only. */
  readonly plot?: Plot;
}

export interface Page {
  readonly title: string;
  readonly about: readonly string[];
  readonly sections: readonly Section[];
}

/** The palette of Okabe and Ito, which is safe for colour blindness. Lighter colours on a dark background. */
const LIGHT = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#8a6d00', '#3aa0d8', '#6b4ba3', '#5a5a5a'];
const DARK = ['#56b4e9', '#ff8c42', '#2fd6a3', '#f09ccb', '#e6c84f', '#9ad4f5', '#b79cf0', '#b5b5b5'];

const seriesOf = (colours: readonly string[]): string =>
  colours
    .slice(0, SERIES)
    .map((c, n) => `--series-${n + 1}: ${c};`)
    .join(' ');

const STYLE = `
:root { color-scheme: light dark; --ground: #ffffff; --ink: #1c2024; --soft: #5b636b; --line: #d7dbe0; ${seriesOf(LIGHT)} }
@media (prefers-color-scheme: dark) { :root { --ground: #14171a; --ink: #e6e8ea; --soft: #9aa3ab; --line: #343a40; ${seriesOf(DARK)} } }
body { background: var(--ground); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; } h2 { font-size: 1.15rem; margin-top: 2.2rem; }
.about { color: var(--soft); }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: 0.9rem; }
th, td { padding: 0.25rem 0.7rem; border-bottom: 1px solid var(--line); text-align: left; white-space: nowrap; }
.right { text-align: right; }
figure { margin: 0.5rem 0; } svg { max-width: 100%; height: auto; }
`;

export async function renderHtml({ title, about, sections }: Page): Promise<string> {
  const { draw } = await import('./plots.js');
  const body = sections.map((s) => {
    const parts = [
      `<h2>${escaped(s.title)}</h2>`,
      ...(s.text ?? []).map((line) => `<p>${escaped(line)}</p>`),
      ...(s.plot === undefined ? [] : [`<figure role="img" aria-label="${escaped(s.title)}">${draw(s.plot)}</figure>`]),
      ...(s.table ? [s.table.toHtml()] : []),
    ];
    return `<section>\n${parts.join('\n')}\n</section>`;
  });
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escaped(title)}</h1>
${about.map((line) => `<p class="about">${escaped(line)}</p>`).join('\n')}
${body.join('\n')}
</body>
</html>
`;
}

/** Sections with only a plot are omitted. */
export function renderPageMarkdown({ title, about, sections }: Page): string {
  const parts = sections.flatMap((s) => {
    const content = [...(s.text ?? []).map(escapeMarkdown), ...(s.table ? [s.table.toMarkdown()] : [])];
    return content.length === 0 ? [] : [`## ${escapeMarkdown(s.title)}`, ...content];
  });
  return `${[`# ${escapeMarkdown(title)}`, ...about.map(escapeMarkdown), ...parts].join('\n\n')}\n`;
}
