import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { specJsonSchema, specJsonSchemaText } from './json-schema.js';

describe('spec.schema.json', () => {
  it('is what the schema of specs says now (else: npm run build && node runs/spec/write-json-schema.mjs)', () => {
    const committed = readFileSync(new URL('../../spec.schema.json', import.meta.url), 'utf8');
    expect(committed === specJsonSchemaText()).toBe(true);
  });

  it('has a sentence for each key', () => {
    const silent: string[] = [];
    const visit = (node: unknown, path: string): void => {
      if (typeof node !== 'object' || node === null) return;
      const properties = (node as { properties?: Record<string, { description?: string; const?: unknown }> })
        .properties;
      for (const [key, value] of Object.entries(properties ?? {})) {
        if (value.description === undefined && value.const === undefined) silent.push(`${path}.${key}`);
      }
      for (const [key, value] of Object.entries(node)) visit(value, `${path}.${key}`);
    };
    visit(specJsonSchema(), '');
    expect(silent).toEqual([]);
  });

  it('offers the names of settings, faults and requirements', () => {
    const text = specJsonSchemaText();
    for (const name of ['unclean.leader.election.enable', 'leader-cut-off', 'no-lost-writes'])
      expect(text).toContain(name);
  });
});
