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

/** In which order the questions are asked; others follow, each by itself, and then the last. */
const questions = [
  'Which settings are right?',
  'What if two leaders exist at once?',
  'What if a segment is corrupted?',
  'How does KRaft agree?',
  'What do rebalances do?',
  'Exactly once?',
  'Is a compacted topic a safe place for a table?',
  'Is my cluster safe while I upgrade it?',
  'How did it go wrong once?',
];
const lastQuestion = 'And everything at once?';

let read: readonly Preset[] | null = null;

/** Grouped by question. */
export function loadPresets(): readonly Preset[] {
  read ??= presetNames()
    .map((name) => {
      const { spec, sentence } = loadSpec({ input: name });
      return { name, question: spec.question ?? '', sentence: sentence ?? '', answer: spec.answer, spec };
    })
    .sort((a, b) => place(a.question) - place(b.question) || compare(a.question, b.question));
  return read;
}

function place(question: string): number {
  if (question === lastQuestion) return questions.length + 1;
  const index = questions.indexOf(question);
  return index < 0 ? questions.length : index;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a campaign of it should find, in words. */
export function expectation({ spec }: Preset): string {
  const parts = [...spec.expect.map((name) => name), ...spec.expectSituations];
  if (spec.expect.length === 0) return ['clean', ...spec.expectSituations].join(' · ');
  return parts.join(' · ');
}
