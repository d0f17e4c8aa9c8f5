/** The presets, read: each is a spec file in this folder that answers a question. */
import { loadSpec } from '../spec/load.js';
import { presetNames } from '../spec/preset-files.js';
import type { Spec } from '../spec/spec.js';

export interface Preset {
  readonly name: string;
  readonly question: string;
  readonly sentence: string;
  readonly answer: readonly string[];
  readonly spec: Spec;
}

/** In which order the questions are asked; others follow. */
const questions = [
  'Which settings are right?',
  'What if two leaders exist at once?',
  'What if a segment is corrupted?',
  'What do rebalances do?',
  'Exactly once?',
  'How did it go wrong once?',
];

let read: readonly Preset[] | null = null;

/** Grouped by question. */
export function loadPresets(): readonly Preset[] {
  read ??= presetNames()
    .map((name) => {
      const { spec, sentence } = loadSpec({ input: name });
      return { name, question: spec.question ?? '', sentence: sentence ?? '', answer: spec.answer, spec };
    })
    .sort((a, b) => place(a.question) - place(b.question));
  return read;
}

function place(question: string): number {
  const index = questions.indexOf(question);
  return index < 0 ? questions.length : index;
}

/** What a campaign of it should find, in words. */
export function expectation({ spec }: Preset): string {
  const parts = [...spec.expect.map((name) => name), ...spec.expectSituations];
  if (spec.expect.length === 0) return ['clean', ...spec.expectSituations].join(' · ');
  return parts.join(' · ');
}
