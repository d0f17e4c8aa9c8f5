/** Where the presets are: spec files in `runs/presets`. */
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = new URL('../presets/', import.meta.url);

/** In name order. */
export function presetNames(): readonly string[] {
  return readdirSync(folder)
    .filter((file) => file.endsWith('.yaml'))
    .map((file) => file.slice(0, -'.yaml'.length))
    .sort();
}

export function presetPath(name: string): string {
  return fileURLToPath(new URL(`${name}.yaml`, folder));
}
