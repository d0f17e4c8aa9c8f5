/** Plays an exchange to the simulated Kafka: three brokers and a controller, and a client that sends single requests. */
import { createWorld, type World } from '../../../model/kernel/world.js';
import type { MachineId } from '../../../model/kernel/process.js';
import { ENTRY_OK } from '../../../model/kernel/disk.js';
import { Puppet } from '../../../model/kafka/broker/testing/puppet.js';
import type { TopicSettings } from '../../../model/kafka/cluster-spec.js';
import { createKafka, type KafkaSystem } from '../../../model/kafka/system.js';
import { resolveRules } from '../../../model/kafka/protocol/versions/resolve.js';
import { Purpose, type Request } from '../../../model/kafka/protocol/messages.js';
import type { RecordBatch } from '../../../model/kafka/protocol/records.js';
import { smallCluster } from '../../../model/kafka/testing/cluster-spec.js';
import { batchAnswer } from './batch-answer.js';
import { COORDINATOR, withCoordinators } from './coordinators.js';
import type { Answer, AwaitStep, BatchAnswer, Exchange, Step } from './exchange.js';
import { Names } from './names.js';
import { answered, requestOf, type Asked } from './requests.js';

const MILLI = 1000;
const SECOND = 1_000_000;
/** As the real cluster is given time to let everybody learn what one broker knows. */
const AFTER_AWAIT = 700 * MILLI;
const WITHIN = 120 * SECOND;
const TOPIC_DEFAULTS: Partial<TopicSettings> = { 'min.insync.replicas': 1 };

const OF_TRANSACTIONS = ['init-producer-id', 'add-partitions', 'add-offsets', 'end-txn'];

interface Sent {
  readonly kind: string;
  readonly process: Puppet;
  readonly to: MachineId;
  readonly correlationId: number;
}

export class ModelCluster {
  private readonly world: World;
  private readonly kafka: KafkaSystem;
  private readonly client: MachineId;
  private readonly names: Names;
  /** By name: requests whose answers are asked for later. */
  private readonly open = new Map<string, Sent>();
  private correlationId = 0;

  constructor({ name, topic, defects, steps }: Exchange) {
    this.names = new Names(topic !== null);
    const { replicas = [1, 2, 3], settings = {} } = topic ?? {};
    const spec = smallCluster({
      producers: 0,
      consumers: 0,
      broker: {
        'broker.session.timeout.ms': 6000,
        'broker.heartbeat.interval.ms': 1000,
        'auto.leader.rebalance.enable': false,
      },
      topic: { ...TOPIC_DEFAULTS, ...settings },
      rules: resolveRules('3.9', {}, defects),
    });
    this.world = createWorld({ seed: name });
    const topics = [{ ...spec.topics[0], replicationFactor: replicas.length }];
    this.kafka = createKafka(withCoordinators({ ...spec, topics }, steps));
    this.kafka.boot(this.world);
    this.client = this.world.addMachine({ name: 'client', program: (host) => new Puppet(host) });
    this.world.start(this.client);
    this.until('the cluster is whole', () => this.kafka.settled() === true && this.kafka.replicas(0).length > 0);
    this.pass(SECOND);
    this.nameBrokers(replicas);
    this.appointCoordinators();
  }

  private nameBrokers(replicas: readonly number[]): void {
    const { machines } = this.names;
    const placed = this.kafka.replicas(0);
    replicas.forEach((broker, index) => (machines[broker] = placed[index]));
    const others = [1, 2, 3].filter((machine) => !placed.includes(machine));
    for (const broker of [1, 2, 3]) if (!replicas.includes(broker)) machines[broker] = others.shift()!;
  }

  /** As with the real cluster, whose ids are chosen so. */
  private appointCoordinators(): void {
    const to = this.names.machine(COORDINATOR);
    const keys = this.kafka.keys().map((_, key) => key);
    for (const key of keys.slice(1)) {
      this.kafka.transferLeadership(key, to);
      this.until('the coordinator is appointed', () => this.kafka.view().controller(key).leader === to);
    }
    if (keys.length > 1) this.pass(5 * SECOND);
  }

  answer(step: Step): Answer {
    const [kind, given] = Object.entries(step)[0];
    switch (kind) {
      case 'kill':
        this.world.kill(this.machine(given));
        return null;
      case 'start':
        this.world.start(this.machine(given));
        return null;
      case 'stop':
        return this.stop(this.machine(given));
      case 'pause':
        this.world.pause(this.machine(given));
        return null;
      case 'resume':
        this.world.resume(this.machine(given));
        return null;
      case 'wipe':
        this.world.diskFaults(this.machine(given)).wipe();
        return null;
      case 'tear':
        return this.damage(given as { at: number }, (length) => length - 1);
      case 'damage':
        return this.damage(given as { at: number; batch: number }, () => (given as { batch: number }).batch);
      case 'pass':
        this.pass((given as number) * MILLI);
        return null;
      case 'answer':
        return this.answerOf(given as { readonly of: string });
      case 'await':
        return this.awaitKnown(given as AwaitStep);
      case 'logs':
        return Object.fromEntries((given as number[]).map((broker) => [broker, this.log(broker)]));
      default:
        return this.request(kind, given as Asked);
    }
  }

  private request(kind: string, asked: Asked): Answer {
    const sent = this.send(kind, asked);
    if (kind === 'produce' && asked.acks === 0) {
      this.pass(SECOND);
      return {};
    }
    if (typeof asked.later === 'string') {
      this.open.set(asked.later, sent);
      this.pass(AFTER_AWAIT);
      return {};
    }
    const answer = this.answerTo(sent, asked);
    // A coordinator that reads its log, or a broker that has been given no producer ids yet, says so and is asked again.
    return JSON.stringify(answer).includes('COORDINATOR_LOAD_IN_PROGRESS') ? this.request(kind, asked) : answer;
  }

  private answerOf(asked: Asked & { readonly of: string }): Answer {
    const sent = this.open.get(asked.of)!;
    this.open.delete(asked.of);
    return this.answerTo(sent, asked);
  }

  private answerTo({ kind, process, to, correlationId }: Sent, asked: Asked): Answer {
    this.until(`${kind} is answered`, () => process.replies.has(correlationId));
    process.closeLane(to, correlationId);
    return answered(kind, asked, process.replies.get(correlationId)!, this.names);
  }

  private send(kind: string, asked: Asked): Sent {
    const body = requestOf(kind, asked, this.names);
    const process = this.world.process(this.client) as Puppet;
    const to = kind === 'elect' ? this.activeController() : this.recipient(kind, asked);
    const correlationId = ++this.correlationId;
    process.send(to, correlationId, Purpose.clientData, { ...body, correlationId, bytes: 100 } as Request);
    return { kind, process, to, correlationId };
  }

  private recipient(kind: string, asked: Asked): MachineId {
    const { to = COORDINATOR } = asked;
    if (to !== 'coordinator') return this.names.machine(to);
    const { group, transactional = this.names.producers.get(asked.producer as string)?.transactional } = asked;
    const isGroup = group !== undefined || !OF_TRANSACTIONS.includes(kind);
    const key = isGroup ? { group } : { transactional };
    const found = this.request('find-coordinator', { to: 1, ...key });
    return this.names.machine(found!.node);
  }

  /** A broker hands such a request on to it. */
  private activeController(): MachineId {
    return this.kafka.role('controller', 0, this.world.dice('exchange'))[0];
  }

  private awaitKnown({ at, leader, isr, brokers }: AwaitStep): null {
    const end = this.world.now + WITHIN;
    for (;;) {
      const known = this.metadataOf(at);
      const isLeader = leader === undefined || known?.leader === leader;
      const isIsr = isr === undefined || same(known?.isr, isr);
      if (known !== null && isLeader && isIsr && (brokers === undefined || same(known.brokers, brokers))) break;
      if (this.world.now > end) throw new Error(`broker ${at} never knew ${JSON.stringify({ leader, isr, brokers })}`);
    }
    this.pass(AFTER_AWAIT);
    return null;
  }

  /** What the broker knows, a moment from now; null: it does not answer. */
  private metadataOf(broker: number): Answer {
    const asked = { to: broker };
    const { process, to, correlationId } = this.send('metadata', asked);
    this.pass(100 * MILLI);
    process.closeLane(to, correlationId);
    const response = process.replies.get(correlationId);
    if (response === undefined) return null;
    return answered('metadata', asked, response, this.names);
  }

  private stop(machine: MachineId): null {
    this.kafka.requestShutdown(machine);
    this.until('the broker has stopped', () => !this.world.isRunning(machine));
    return null;
  }

  private damage({ at }: { readonly at: number }, which: (length: number) => number): null {
    const machine = this.machine(at);
    const { path } = this.segment(machine);
    const index = which(this.world.disk(machine).open(path).length);
    if (!this.world.diskFaults(machine).corrupt(path, index)) throw new Error('there is no such batch');
    return null;
  }

  private log(broker: number): readonly BatchAnswer[] {
    const file = this.segment(this.machine(broker));
    return Array.from({ length: file.length }, (_, index) => {
      const isDamaged = file.state(index) !== ENTRY_OK;
      return batchAnswer(file.read(index) as RecordBatch, isDamaged);
    });
  }

  /** The active segment. */
  private segment(machine: MachineId) {
    const disk = this.world.disk(machine);
    const paths = disk.list(this.kafka.keys()[0]).filter((path) => path.endsWith('.log'));
    return disk.open(paths.at(-1)!);
  }

  private machine(broker: unknown): MachineId {
    return this.names.machine(broker);
  }

  private pass(micros: number): void {
    this.world.runUntil(this.world.now + micros);
  }

  private until(what: string, condition: () => boolean): void {
    const end = this.world.now + WITHIN;
    while (!condition()) {
      if (this.world.now > end || !this.world.step()) throw new Error(`it never came to pass: ${what}`);
    }
  }
}

function same(some: unknown, others: readonly number[]): boolean {
  return JSON.stringify(some) === JSON.stringify(others);
}
