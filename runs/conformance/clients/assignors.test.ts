/** The model's assignors answer as Apache Kafka's, list by list and in the same order. ask-clients.mjs asked Kafka's. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { assignorNames } from '../../../model/kafka/clients/assignors/assignors.js';
import { ModelGroup, type Rebalances } from './testing/model-group.js';

interface Asked {
  readonly kafka: string;
  readonly cases: readonly Rebalances[];
}

describe.each(assignorNames)('%s', (name) => {
  const { kafka, cases } = read(`./answers/assignor-${name}.json`);
  const ended = cases.filter(({ answers }) => answers.every((answer) => !('failed' in answer)));

  test(`divides partitions as Kafka ${kafka} does, rebalance after rebalance`, () => {
    for (const asked of ended) {
      const group = new ModelGroup(name, asked);
      const said = asked.rounds.map(({ members }) => group.rebalance(members));
      expect({ ...asked, answers: said }).toEqual(asked);
    }
  });

  test('was asked of 200 rebalances, nearly all of which Kafka could answer', () => {
    expect(ended.flatMap(({ answers }) => answers).length).toBeGreaterThanOrEqual(200);
    expect(cases.length - ended.length).toBeLessThanOrEqual(2);
  });
});

/**
 * It throws where a partition's previous owner is a member that has all it can have, and nobody else could have any of
 * that (performReassignments); the consumer that leads the group throws that out of poll().
 */
test('where Kafka fails with a NullPointerException the model goes on, and no partition has two owners', () => {
  const { cases } = read('./answers/assignor-cooperative-sticky.json');
  for (const asked of cases) {
    const group = new ModelGroup('cooperative-sticky', asked);
    for (const [round, { members }] of asked.rounds.entries()) {
      const said = group.rebalance(members);
      const answer = asked.answers[round];
      if (!('failed' in answer)) continue;
      expect(answer.failed).toContain('NullPointerException');
      const assigned = said.flat();
      expect(new Set(assigned).size).toBe(assigned.length);
      break;
    }
  }
});

function read(file: string): Asked {
  return JSON.parse(readFileSync(new URL(file, import.meta.url), 'utf8')) as Asked;
}
