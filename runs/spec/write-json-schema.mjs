#!/usr/bin/env node
/** Writes spec.schema.json anew from the built sources: npm run build && node runs/spec/write-json-schema.mjs */
import { writeFileSync } from 'node:fs';

const { specJsonSchemaText } = await import(new URL('../../dist/runs/spec/json-schema.js', import.meta.url).href);
writeFileSync(new URL('../../spec.schema.json', import.meta.url), specJsonSchemaText());
