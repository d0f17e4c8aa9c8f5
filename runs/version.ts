/** Harrow's own version. */
import { existsSync, readFileSync } from 'node:fs';

/** From the package's own file: two folders up from `dist/runs`, one from the sources. */
export function harrowVersion(): string {
  for (const place of ['../package.json', '../../package.json']) {
    const url = new URL(place, import.meta.url);
    if (!existsSync(url)) continue;
    const { name, version } = JSON.parse(readFileSync(url, 'utf8')) as { name?: string; version?: string };
    if (name === 'harrow' && version !== undefined) return version;
  }
  return 'unknown';
}
