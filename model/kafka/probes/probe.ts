import type { ProbeSpec } from '../../kernel/probes.js';

/** One that is part of the digest and of every kept trace. */
export function probe(kind: number, name: string, fields: readonly string[], sentence: string): ProbeSpec {
  return { kind, name, fields, kept: true, sentence };
}
