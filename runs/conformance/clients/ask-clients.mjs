#!/usr/bin/env node
/**
 * Puts questions to the classes of Kafka's published jars and writes question and answer to ./answers/: how assignors
 * divide partitions, how partitioners choose them, how records fill a batch, where coordinators are. Needs Java 17, mvn
 * and Maven Central; takes a minute or two; run by hand:
 *
 *   node runs/conformance/clients/ask-clients.mjs
 *
 * The questions are drawn from fixed seeds: the same each time.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { classPathOf } from '../jars.mjs';
import { fillings } from './batches.mjs';
import { adaptiveSequences, ids, keys, sequences } from './partitionings.mjs';
import { rebalances } from './rebalances.mjs';

const JACKSON = 'com.fasterxml.jackson.core:jackson-databind:2.16.2';
/** So that what ThreadLocalRandom draws can be laid down. */
const OPEN_THREADS = ['--add-opens', 'java.base/java.lang=ALL-UNNAMED'];
const here = fileURLToPath(new URL('.', import.meta.url));
const answersFolder = join(here, 'answers');
mkdirSync(answersFolder, { recursive: true });

const RELEASE = '3.9.1';
/** The last ones that had the older partitioners. */
const ROUND_ROBIN = '2.3.1';
const STICKY = '3.2.3';

const clients = jarsOf(RELEASE);
askAssignor('range', rebalances('range', 200, 1));
askAssignor('roundrobin', rebalances('roundrobin', 200, 1));
askAssignor('sticky', rebalances('sticky', 60, 5));
askAssignor('cooperative-sticky', rebalances('cooperative-sticky', 60, 5));

const producers = 'org.apache.kafka.clients.producer';
askPartitioner('keys', RELEASE, keys('keys', 200));
askPartitioner('adaptive', RELEASE, adaptiveSequences('adaptive', 100));
askPartitioner('sticky', STICKY, sequences('sticky', 100, 40), `${producers}.internals.DefaultPartitioner`);
askPartitioner('uniform-sticky', STICKY, sequences('uniform', 30, 40), `${producers}.UniformStickyPartitioner`);
askPartitioner('round-robin-class', STICKY, sequences('class', 30, 0), `${producers}.RoundRobinPartitioner`);
askPartitioner('round-robin', ROUND_ROBIN, withoutBegin('robin', 100), `${producers}.internals.DefaultPartitioner`);

askBatches([...fillings('batches', 150), { marker: true }]);

const broker = classPathOf(`org.apache.kafka:kafka_2.13:${RELEASE}`);
write(
  'coordinators',
  RELEASE,
  answered(ids('coordinators', 100), ask(broker, 'Coordinators.java', ids('coordinators', 100))),
);

function jarsOf(release) {
  return classPathOf(`org.apache.kafka:kafka-clients:${release}`, JACKSON);
}

function askAssignor(assignor, cases) {
  const asked = cases.map((one) => ({ assignor, ...one }));
  const answers = ask(clients, 'Assignors.java', asked);
  write(
    `assignor-${assignor}`,
    RELEASE,
    answered(
      cases,
      answers.map((rounds) => ({ answers: rounds })),
    ),
  );
}

function askPartitioner(name, release, cases, type) {
  const asked = cases.map((one) => (type === undefined ? one : { class: type, ...one }));
  const path = release === RELEASE ? clients : jarsOf(release);
  write(`partitioner-${name}`, release, answered(cases, ask(path, 'Partitioners.java', asked, OPEN_THREADS)));
}

function askBatches(cases) {
  write('batches', RELEASE, answered(cases, ask(clients, 'Batches.java', cases)));
}

/** Before 2.4 nobody heard of new batches. */
function withoutBegin(seed, count) {
  const cases = sequences(seed, count, 1);
  return cases.map((one) => ({
    ...one,
    steps: one.steps.map((step) => ({ ...step, do: 'partition', partition: undefined })),
  }));
}

function answered(cases, answers) {
  return cases.map((one, at) => ({ ...one, ...answers[at] }));
}

/** A line for each question in, a line for each answer out. */
function ask(path, program, questions, options = []) {
  const input = questions.map((question) => JSON.stringify(question)).join('\n');
  const output = execFileSync('java', [...options, '-cp', path, join(here, program)], {
    input,
    stdio: ['pipe', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  return output
    .toString()
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

function write(name, kafka, cases) {
  const lines = cases.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
  writeFileSync(join(answersFolder, `${name}.json`), `{\n  "kafka": "${kafka}",\n  "cases": [\n${lines}\n  ]\n}\n`);
}
