/** The model answers what Apache Kafka answered: ./exchanges.yaml played to both. ask.mjs made Kafka's half. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { ModelCluster } from './testing/model-cluster.js';
import type { Answer, Exchange } from './testing/exchange.js';

const exchanges = parse(read('exchanges.yaml')) as readonly Exchange[];
const kafka = JSON.parse(read('kafka-3.9.json')) as { kafka: string; exchanges: Record<string, readonly Answer[]> };

describe(`as Kafka ${kafka.kafka}`, () => {
  test('every exchange was put to Kafka', () => {
    expect(exchanges.map(({ name }) => name)).toEqual(Object.keys(kafka.exchanges));
  });

  test.each(exchanges.map((exchange) => [exchange.name, exchange] as const))('%s', (name, exchange) => {
    const cluster = new ModelCluster(exchange);
    exchange.steps.forEach((step, index) => {
      const said = cluster.answer(step);
      expect({ [JSON.stringify(step)]: said }).toEqual({ [JSON.stringify(step)]: kafka.exchanges[name][index] });
    });
  });
});

function read(file: string): string {
  return readFileSync(new URL(file, import.meta.url), 'utf8');
}
