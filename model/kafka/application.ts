/** The application whose calls clients carry out, and what it hears of them; beside it liveness, which sends and reads too. */
import type { Outcome } from '../kernel/recorder.js';
import type { World } from '../kernel/world.js';
import type { CallStep, ClientStep, ProcessingStep, SendStep, StepRecord } from '../system.js';
import { recordsOf } from '../system.js';
import type { CallListener, PollListener, SendListener } from './clients/api.js';
import type { CalledConsumer } from './clients/called-consumer.js';
import type { ProcessingTime } from './clients/consumer-application.js';
import type { PolledRecords } from './clients/fetcher.js';
import type { ProducerClient } from './clients/producer.js';
import type { ClientListener, ClusterMachines } from './cluster-machines.js';
import type { Outbox } from './outbox.js';

type GroupListener = Omit<ClientListener, keyof CallListener>;

export type ApplicationListener = SendListener & CallListener;

/** Hands everything that clients tell to liveness, and to the application if there is one. */
export class ClientListeners implements ClientListener {
  application: ApplicationListener | null = null;
  /** Of an application that sends again what it does not know the fate of. */
  outbox: Outbox | null = null;
  private readonly liveness: GroupListener;

  constructor(liveness: GroupListener) {
    this.liveness = liveness;
  }

  onSendCompleted(
    value: number,
    partition: number,
    outcome: Outcome,
    offset: number,
    timestamp: number,
    error?: string,
  ): void {
    this.liveness.onSendCompleted(value, partition, outcome, offset, timestamp, error);
    this.outbox?.onSendCompleted(value, partition, outcome);
    this.application?.onSendCompleted(value, partition, outcome, offset, timestamp, error);
  }

  onRecord(partition: number, offset: number, value: number): void {
    this.liveness.onRecord(partition, offset, value);
  }

  ofGroup(groupId: string): PollListener {
    return this.liveness.ofGroup(groupId);
  }

  onCallDone(call: number, error?: string): void {
    this.application?.onCallDone(call, error);
  }

  onPolled(call: number, polled: readonly PolledRecords[]): void {
    this.application?.onPolled(call, polled);
  }
}

/** Carries out a step. False if the client is not running, or paused: then nothing was invoked. */
export function carryOut(step: ClientStep, cluster: ClusterMachines): boolean {
  const machine = cluster.clients[step.client]!;
  if ('micros' in step) return slowDown(step, cluster.processingOf(machine));
  const client = runningClient(machine, cluster.world);
  if (client === undefined) return false;
  switch (step.f) {
    case 'send':
    case 'transaction':
      carryOutSend(step, client as ProducerClient, cluster);
      return true;
    case 'assign':
    case 'seek':
    case 'poll':
      callConsumer(step, client as CalledConsumer);
      return true;
    case 'own':
      throw new Error('a function outside is called by whoever has it');
    default:
      (client as ProducerClient).callTransactions(step.f, step.call);
      return true;
  }
}

/** Whether or not its process runs: it is the code that is slow. */
function slowDown({ f, micros }: ProcessingStep, time: ProcessingTime): boolean {
  if (f === 'process-each') time.recordMicros = micros;
  else time.nextExtraMicros += micros;
  return true;
}

/** undefined: it is down or paused; an application does nothing then. */
function runningClient(machine: number, world: World): object | undefined {
  return world.isPaused(machine) ? undefined : world.process(machine);
}

function carryOutSend(step: SendStep, producer: ProducerClient, cluster: ClusterMachines): void {
  if (step.f === 'transaction') {
    const sends = recordsOf(step).map((record) => ({ ...sendOf(record), partition: -1 }));
    producer.transact(sends, step.end !== 'abort');
  } else if (step.by === undefined) {
    producer.send(step.topic, step.recordKey, step.value, step.tombstone === true);
  } else {
    const { topic, partition, recordKey, value } = step;
    const key = partition === undefined ? -1 : cluster.partitions.partitionsOf[topic]![partition]!;
    producer.callSend(topic, key, recordKey, value);
  }
}

function callConsumer(step: Extract<CallStep, { f: 'assign' | 'seek' | 'poll' }>, consumer: CalledConsumer): void {
  switch (step.f) {
    case 'assign':
      consumer.callAssign(step.call, step.keys);
      return;
    case 'seek':
      consumer.callSeek(step.call, step.key, step.offset);
      return;
    case 'poll':
      consumer.callPoll(step.call, step.timeoutMs);
  }
}

function sendOf({ topic, recordKey, value, tombstone }: StepRecord): StepRecord {
  return tombstone === true ? { topic, recordKey, value, tombstone } : { topic, recordKey, value };
}
