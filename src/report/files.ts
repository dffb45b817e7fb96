/** Writes a report as HTML, and as Markdown beside it. */
import { dirname, resolve } from 'node:path';
import { makeFolder, writeAtomic } from '../formats/index.js';
import { type Page, renderHtml, renderPageMarkdown } from './page.js';

export interface ReportFiles {
  readonly html: string;
  readonly markdown: string;
  /** Absent without `numbers`. */
  readonly json?: string;
}

/**
 * Writes a page as HTML and Markdown.
 * @param path of the HTML file; ends in .html
 * @param numbers written as JSON beside it
 * @throws RecdistillError `write-failed`
 */
export async function writeReport(page: Page, path: string, numbers?: unknown): Promise<ReportFiles> {
  const beside = (ending: string) => path.replace(/\.html$/, ending);
  const files = { html: path, markdown: beside('.md'), ...(numbers === undefined ? {} : { json: beside('.json') }) };
  makeFolder(dirname(resolve(path)));
  writeAtomic(files.html, await renderHtml(page));
  writeAtomic(files.markdown, renderPageMarkdown(page));
  if (files.json !== undefined) writeAtomic(files.json, `${JSON.stringify(numbers, null, 2)}\n`);
  return files;
}
