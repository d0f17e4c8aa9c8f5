#!/usr/bin/env node
/**
 * Asks Apache Kafka the exchanges of ./exchanges.yaml and writes what it answered to ./kafka-<row>.json: a controller and
 * three brokers from the published jars, each a process of its own on loopback, killed, stopped, paused and damaged as the
 * exchange says. Needs a JDK 17, mvn and Maven Central; takes some twenty minutes; run by hand:
 *
 *   node runs/conformance/ask.mjs          all of them
 *   node runs/conformance/ask.mjs --new    those that were never asked; answers to what is no longer there are dropped
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  closeSync,
  ftruncateSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { classPathOf } from './jars.mjs';
import { Names } from './names.mjs';

const ROW = '3.9';
const RELEASE = '3.9.1';
const CONTROLLER = 9;
const BROKERS = [1, 2, 3];
const CONTROLLER_PORT = 19090;
const port = (broker) => 19090 + broker;

const here = fileURLToPath(new URL('.', import.meta.url));
const answersFile = join(here, `kafka-${ROW}.json`);
const folder = mkdtempSync(join(tmpdir(), 'harrow-conformance-'));
const classPath = classPathOf(`org.apache.kafka:kafka_2.13:${RELEASE}`);
const processes = new Map();
const clusterId = 'aGFycm93LWV4Y2hhbmdlcw';

try {
  const speaker = speak();
  for (const node of [CONTROLLER, ...BROKERS]) prepare(node);
  start(CONTROLLER);
  for (const broker of BROKERS) start(broker);
  await speaker({ do: 'brokers', ports: Object.fromEntries(BROKERS.map((broker) => [broker, port(broker)])) });

  const exchanges = parse(readFileSync(join(here, 'exchanges.yaml'), 'utf8'));
  const known = process.argv[2] === '--new' ? JSON.parse(readFileSync(answersFile, 'utf8')).exchanges : {};
  for (const [index, exchange] of exchanges.entries()) {
    if (known[exchange.name] !== undefined) continue;
    known[exchange.name] = await ask(speaker, exchange, `t${index}`);
    console.error(`${index + 1}/${exchanges.length} ${exchange.name}`);
    write(exchanges.filter(({ name }) => known[name] !== undefined).map(({ name }) => [name, known[name]]));
  }
} finally {
  for (const child of processes.values()) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
process.exit(0);

// ---------------------------------------------------------------------------------------------- an exchange

async function ask(speaker, exchange, topic) {
  const names = new Names(speaker, topic);
  await allBrokersAlive(speaker);
  if (exchange.topic !== null) await createTopic(speaker, exchange.topic ?? {}, topic);
  const answers = [];
  for (const step of exchange.steps) answers.push(await answer(speaker, step, topic, names));
  return answers;
}

async function createTopic(speaker, { replicas = BROKERS, settings = {} }, topic) {
  await speaker({ do: 'create', to: 1, topic, assignment: [replicas], settings });
  for (const broker of BROKERS) await until(speaker, topic, { at: broker, leader: replicas[0], isr: replicas });
  await sleep(1000);
}

async function answer(speaker, step, topic, names) {
  const [[kind, given]] = Object.entries(step);
  switch (kind) {
    case 'kill':
      return void (await end(given, 'SIGKILL'));
    case 'stop':
      return void (await end(given, 'SIGTERM'));
    case 'start':
      return start(given);
    case 'pause':
      return void processes.get(given).kill('SIGSTOP');
    case 'resume':
      return void processes.get(given).kill('SIGCONT');
    case 'wipe':
      rmSync(logs(given), { recursive: true });
      return format(given);
    case 'tear':
      return cut(segment(given.at, topic), given.bytes);
    case 'damage':
      return flip(segment(given.at, topic), given.batch);
    case 'pass':
      return sleep(given);
    case 'await':
      return until(speaker, topic, given);
    case 'logs':
      return logsOf(speaker, given, topic);
    default:
      return request(speaker, kind, given, names);
  }
}

async function request(speaker, kind, given, names) {
  const answered = await speaker(await names.requestOf(kind, given));
  // A coordinator that reads its log, or a broker that has been given no producer ids yet.
  if (JSON.stringify(answered).includes('COORDINATOR_LOAD_IN_PROGRESS')) return request(speaker, kind, given, names);
  if (given.later !== undefined) await sleep(700);
  return names.noted(kind, given, answered);
}

/** Until the broker `at` knows this leader, this ISR and these brokers as alive; then a little longer, for those who learn it after that broker. */
async function until(speaker, topic, { at, leader, isr, brokers }) {
  const end = Date.now() + 90_000;
  while (Date.now() < end) {
    const known = await speaker({ do: 'metadata', to: at, topic });
    const isLeader = leader === undefined || known.leader === leader;
    const isIsr = isr === undefined || same(known.isr, isr);
    if (isLeader && isIsr && (brokers === undefined || same(known.brokers, brokers))) {
      await sleep(700);
      return null;
    }
    await sleep(100);
  }
  throw new Error(`broker ${at} never knew ${JSON.stringify({ leader, isr, brokers })}`);
}

async function allBrokersAlive(speaker) {
  for (const broker of BROKERS) if (!processes.has(broker)) start(broker);
  for (const broker of BROKERS) {
    for (;;) {
      const known = await speaker({ do: 'metadata', to: broker, topic: 'none' });
      if (known.brokers !== undefined && same(known.brokers, BROKERS)) break;
      await sleep(200);
    }
  }
}

function same(some, others) {
  return some !== undefined && some.length === others.length && others.every((one) => some.includes(one));
}

// ---------------------------------------------------------------------------------------------- processes

function prepare(node) {
  mkdirSync(join(folder, String(node)));
  writeFileSync(join(folder, String(node), 'server.properties'), settings(node));
  format(node);
}

function settings(node) {
  const own =
    node === CONTROLLER
      ? ['process.roles=controller', `listeners=CONTROLLER://127.0.0.1:${CONTROLLER_PORT}`]
      : ['process.roles=broker', `listeners=PLAINTEXT://127.0.0.1:${port(node)}`];
  return [
    ...own,
    `node.id=${node}`,
    `controller.quorum.voters=${CONTROLLER}@127.0.0.1:${CONTROLLER_PORT}`,
    'controller.listener.names=CONTROLLER',
    'listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT',
    `log.dirs=${logs(node)}`,
    'broker.session.timeout.ms=6000',
    'broker.heartbeat.interval.ms=1000',
    'auto.leader.rebalance.enable=false',
    'auto.create.topics.enable=false',
    'offsets.topic.replication.factor=3',
    'offsets.topic.num.partitions=5',
    'transaction.state.log.num.partitions=5',
    'group.initial.rebalance.delay.ms=0',
    'group.max.size=3',
    'log.segment.delete.delay.ms=1000',
  ].join('\n');
}

function format(node) {
  const file = join(folder, String(node), 'server.properties');
  const tool = ['-cp', classPath, 'kafka.tools.StorageTool', 'format', '-t', clusterId, '-c', file];
  execFileSync('java', tool, { stdio: ['ignore', 'ignore', 'inherit'] });
}

function start(node) {
  const file = join(folder, String(node), 'server.properties');
  const child = spawn('java', ['-Xmx256m', '-XX:+UseSerialGC', '-cp', classPath, 'kafka.Kafka', file], {
    stdio: 'ignore',
  });
  processes.set(node, child);
}

function end(node, signal) {
  const child = processes.get(node);
  processes.delete(node);
  return new Promise((resolve) => {
    child.once('exit', resolve);
    child.kill(signal);
  });
}

/** Speak.java, which puts a step into a request: a line to it, a line back. While a broker is starting, again. */
function speak() {
  const classes = join(folder, 'classes');
  const sources = ['Speak', 'SpeakGroups', 'SpeakTransactions'].map((name) => join(here, `${name}.java`));
  execFileSync('javac', ['-d', classes, '-cp', classPath, ...sources], { stdio: ['ignore', 'ignore', 'inherit'] });
  const child = spawn('java', ['-Xmx128m', '-cp', `${classes}:${classPath}`, 'Speak'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return async (step) => {
    for (;;) {
      child.stdin.write(`${JSON.stringify(step)}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error('Speak.java ended');
      const said = JSON.parse(value);
      if (said.failed === undefined) return said;
      if (!said.failed.includes('ConnectException')) throw new Error(`${JSON.stringify(step)}: ${said.failed}`);
      await sleep(300);
    }
  };
}

// ---------------------------------------------------------------------------------------------- disks

function logs(node) {
  return join(folder, String(node), 'logs');
}

function segment(broker, topic) {
  const partition = join(logs(broker), `${topic}-0`);
  const files = readdirSync(partition).filter((file) => file.endsWith('.log'));
  return join(partition, files.sort().at(-1));
}

async function logsOf(speaker, brokers, topic) {
  const all = {};
  for (const broker of brokers) all[broker] = (await speaker({ do: 'dump', file: segment(broker, topic) })).batches;
  return all;
}

function cut(file, bytes) {
  const descriptor = openSync(file, 'r+');
  ftruncateSync(descriptor, statSync(file).size - bytes);
  closeSync(descriptor);
}

/** Flips the last byte of a batch: base offset (8 bytes), length (4), and so many more. */
function flip(file, batch) {
  const descriptor = openSync(file, 'r+');
  const header = Buffer.alloc(12);
  let position = 0;
  for (let index = 0; ; index++) {
    readSync(descriptor, header, 0, 12, position);
    const next = position + 12 + header.readInt32BE(8);
    if (index === batch) {
      const byte = Buffer.alloc(1);
      readSync(descriptor, byte, 0, 1, next - 1);
      writeSync(descriptor, Buffer.from([byte[0] ^ 0xff]), 0, 1, next - 1);
      break;
    }
    position = next;
  }
  closeSync(descriptor);
}

// ---------------------------------------------------------------------------------------------- in and out

function write(answers) {
  const lines = answers.map(
    ([name, steps]) =>
      `    ${JSON.stringify(name)}: [\n${steps.map((step) => `      ${JSON.stringify(step ?? null)}`).join(',\n')}\n    ]`,
  );
  writeFileSync(answersFile, `{\n  "kafka": "${RELEASE}",\n  "exchanges": {\n${lines.join(',\n')}\n  }\n}\n`);
}
