/** The built page with data in it: one HTML text that needs nothing else. */
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { PageData } from './page-data.js';

/** Stands in the template where the data go. */
const PLACE = '<script type="application/json" id="harrow-data"></script>';
const TITLE = /<title>[^<]*<\/title>/;

/** @param summary what the page says without scripts: its first sentences */
export function embed(data: PageData, title: string, summary: readonly string[], template = pageTemplate()): string {
  const parts = template.split(PLACE);
  if (parts.length !== 2) throw new Error('The page template has no place for data: build it again (npm run build)');
  const json = JSON.stringify(data).replaceAll('<', '\\u003c');
  const paragraphs = summary.map((sentence) => `<p>${escaped(sentence)}</p>`).join('');
  const head = parts[0]!.replace(TITLE, () => `<title>${escaped(title)}</title>`);
  const noscript = `<noscript><main>${paragraphs}<p>The pictures need JavaScript.</p></main></noscript>`;
  return `${head}<script type="application/json" id="harrow-data">${json}</script>${noscript}${parts[1]}`;
}

/** Beside the compiled module; from the sources, what the build left in dist/. */
function pageTemplate(): string {
  const places = ['./page/template.html', '../../dist/histories/report/page/template.html'];
  for (const place of places) {
    const url = new URL(place, import.meta.url);
    if (existsSync(url)) return readFileSync(url, 'utf8');
  }
  throw new Error('The report page is not built: run npm run build');
}

export function packed(text: string): string {
  return gzipSync(text, { level: 9 }).toString('base64');
}

export function unpacked(text: string): string {
  return gunzipSync(Buffer.from(text, 'base64')).toString('utf8');
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
