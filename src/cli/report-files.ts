/** Writes a report as HTML, and as Markdown beside it. */
import { dirname, resolve } from 'node:path';
import { makeFolder, writeAtomic } from '../artifact/index.js';
import { type Page, renderHtml, renderPageMarkdown } from '../report/index.js';

export interface ReportFiles {
  readonly html: string;
  readonly markdown: string;
}

/** @param path of the HTML file, ending in .html. @throws RecdistillError `write-failed` */
export async function writeReport(page: Page, path: string): Promise<ReportFiles> {
  const files = { html: path, markdown: path.replace(/\.html$/, '.md') };
  makeFolder(dirname(resolve(path)));
  writeAtomic(files.html, await renderHtml(page));
  writeAtomic(files.markdown, renderPageMarkdown(page));
  return files;
}
