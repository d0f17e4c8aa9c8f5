/** Plays an exchange to the simulated Kafka: three brokers and a controller, and a client that sends single requests. */
import { createWorld, type World } from '../../../model/kernel/world.js';
import type { MachineId } from '../../../model/kernel/process.js';
import { ENTRY_OK } from '../../../model/kernel/disk.js';
import { Puppet } from '../../../model/kafka/broker/testing/puppet.js';
import type { TopicSettings } from '../../../model/kafka/cluster-spec.js';
import { createKafka, type KafkaSystem } from '../../../model/kafka/system.js';
import { Purpose, type Request } from '../../../model/kafka/protocol/messages.js';
import type { RecordBatch } from '../../../model/kafka/protocol/records.js';
import { smallCluster } from '../../../model/kafka/testing/cluster-spec.js';
import { batchAnswer } from './batch-answer.js';
import type { Answer, AwaitStep, BatchAnswer, Exchange, Step } from './exchange.js';
import { answered, requestOf, type Asked, type ProducerIdentity } from './requests.js';

const MILLI = 1000;
const SECOND = 1_000_000;
/** As the real cluster is given time to let everybody learn what one broker knows. */
const AFTER_AWAIT = 700 * MILLI;
const WITHIN = 120 * SECOND;
const TOPIC_DEFAULTS: Partial<TopicSettings> = { 'min.insync.replicas': 1 };

export class ModelCluster {
  private readonly world: World;
  private readonly kafka: KafkaSystem;
  private readonly client: MachineId;
  /** The machine of each broker as the exchange numbers them; [0] is none. */
  private readonly machines: number[] = [0];
  private readonly producers = new Map<string, ProducerIdentity>();
  /** 1: one that does not exist. */
  private readonly partition: 0 | 1;
  private correlationId = 0;

  constructor({ name, topic }: Exchange) {
    this.partition = topic === null ? 1 : 0;
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
    });
    this.world = createWorld({ seed: name });
    const topics = [{ ...spec.topics[0], replicationFactor: replicas.length }];
    this.kafka = createKafka({ ...spec, topics });
    this.kafka.boot(this.world);
    this.client = this.world.addMachine({ name: 'client', program: (host) => new Puppet(host) });
    this.world.start(this.client);
    this.until('the cluster is whole', () => this.kafka.settled() === true && this.kafka.replicas(0).length > 0);
    this.pass(SECOND);
    const placed = this.kafka.replicas(0);
    const others = [1, 2, 3].filter((machine) => !placed.includes(machine));
    this.machines.push(...placed, ...others);
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
      case 'await':
        return this.awaitKnown(given as AwaitStep);
      case 'logs':
        return Object.fromEntries((given as number[]).map((broker) => [broker, this.log(broker)]));
      default:
        return this.request(kind, given as Asked);
    }
  }

  private request(kind: string, asked: Asked): Answer {
    const { process, to, correlationId } = this.send(kind, asked);
    if (kind === 'produce' && asked.acks === 0) {
      this.pass(SECOND);
      return {};
    }
    this.until(`${kind} is answered`, () => process.replies.has(correlationId));
    process.closeLane(to, correlationId);
    const answer = answered(
      kind,
      asked,
      process.replies.get(correlationId)!,
      this.partition,
      this.producers,
      this.machines,
    );
    // A broker that has not been given producer ids yet says so, and is asked again.
    return answer?.error === 'COORDINATOR_LOAD_IN_PROGRESS' ? this.request(kind, asked) : answer;
  }

  private send(kind: string, asked: Asked) {
    const correlationId = ++this.correlationId;
    const body = requestOf(kind, asked, this.partition, this.producers, this.machines);
    const process = this.world.process(this.client) as Puppet;
    const to = kind === 'elect' ? this.activeController() : this.machine(asked.to);
    process.send(to, correlationId, Purpose.clientData, { ...body, correlationId, bytes: 100 } as Request);
    return { process, to, correlationId };
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
    return answered('metadata', asked, response, this.partition, this.producers, this.machines);
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
    return this.machines[broker as number];
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
