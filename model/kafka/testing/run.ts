/** A cluster in a world of its own, with the operations of its clients in memory. */
import { Probe } from '../probes.js';
import type { Outcome } from '../../kernel/recorder.js';
import { createWorld, type World } from '../../kernel/world.js';
import type { KafkaClusterSpec } from '../cluster-spec.js';
import { createKafka, type KafkaSystem } from '../system.js';

export interface RecordedOperation {
  readonly client: number;
  readonly f: string;
  readonly invoked: unknown;
  outcome: Outcome | null;
  value: unknown;
  error: string | undefined;
}

/** What sends and polls carry. */
interface MicroOps {
  readonly microOps: readonly {
    readonly kind: string;
    readonly key: number;
    readonly offset: number;
    readonly value: number;
    readonly offsets: readonly number[];
    readonly values: readonly number[];
  }[];
}

export class Run {
  readonly world: World;
  readonly kafka: KafkaSystem;
  readonly operations: RecordedOperation[] = [];
  private nextValue = 0;

  constructor(spec: KafkaClusterSpec, seed = 'run') {
    this.world = createWorld({ seed, recorder: this });
    this.kafka = createKafka(spec);
    this.kafka.boot(this.world);
  }

  /** Runs until the cluster is at rest for the first time. */
  up(): this {
    this.until(60, () => this.kafka.settled());
    return this;
  }

  invoke(client: number, _session: number, f: string, value: unknown): number {
    this.operations.push({ client, f, invoked: value, outcome: null, value, error: undefined });
    return this.operations.length - 1;
  }

  amend(operation: number, value: unknown): void {
    this.operations[operation].value = value;
  }

  complete(operation: number, outcome: Outcome, value: unknown, error?: string): void {
    Object.assign(this.operations[operation], { outcome, value, error });
  }

  run(seconds: number): void {
    this.world.runUntil(this.world.now + Math.floor(seconds * 1_000_000));
  }

  /** Runs until it holds; fails with the last reason after so many seconds. */
  until(seconds: number, condition: () => true | string): void {
    const deadline = this.world.now + seconds * 1_000_000;
    for (;;) {
      const state = condition();
      if (state === true) return;
      if (this.world.now >= deadline) throw new Error(`after ${seconds} s: ${state}`);
      this.run(0.05);
    }
  }

  /** Sends so many values, one every few milliseconds, to the topic's partitions by key. */
  send(count: number, everySeconds = 0.005, client = 0): void {
    for (let i = 0; i < count; i++) {
      const value = this.nextValue++;
      this.kafka.invoke({ at: 0, client, f: 'send', topic: 0, recordKey: `k${value % 7}`, value });
      this.run(everySeconds);
    }
  }

  sends(outcome: Outcome | null): readonly RecordedOperation[] {
    return this.operations.filter((operation) => operation.f === 'send' && operation.outcome === outcome);
  }

  /** Values of the sends that were acknowledged, sorted. */
  acknowledged(): number[] {
    return this.sends('ok')
      .map((operation) => (operation.value as MicroOps).microOps[0].value)
      .toSorted((a, b) => a - b);
  }

  /** Every partition in full, from its present leader, by fresh consumers: values by partition (none of Kafka's own). */
  finalRead(): number[][] {
    const before = this.operations.length;
    const readers = this.kafka.keys().map((_, key) => this.kafka.finalRead(key));
    this.until(60, () => {
      for (const reader of readers) {
        const state = reader.done();
        if (state !== true) return state;
      }
      return true;
    });
    const reads = this.operations
      .slice(before)
      .flatMap(({ value }) => ('finalReadOf' in (value as object) ? (value as MicroOps).microOps : []));
    return this.kafka.keys().map((_, key) => [...(reads.findLast((read) => read.key === key)?.values ?? [])]);
  }

  /** The replicas of a partition, each as its end, high watermark and hash. */
  replicas(key: number): readonly unknown[] {
    const view = this.kafka.view();
    return view.replicas(key).map((machine) => {
      const replica = view.replica(machine, key)!;
      return [replica.logEnd, replica.highWatermark, replica.hashBelow(replica.logEnd)];
    });
  }

  leader(key = 0): number {
    return this.kafka.view().controller(key).leader;
  }

  /** Counts probes of a kind from now on. */
  count(kind: keyof typeof Probe): { count: number } {
    const counter = { count: 0 };
    this.world.probes.listen([Probe[kind]], { onProbe: () => counter.count++ });
    return counter;
  }
}
