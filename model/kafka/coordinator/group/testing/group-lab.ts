/** A cluster with one group, whose members do what the test says. */
import { Puppet } from '../../../broker/testing/puppet.js';
import type { GroupSettings, KafkaClusterSpec } from '../../../cluster-spec.js';
import { KafkaError } from '../../../protocol/errors.js';
import type { ConsumerGroupHeartbeatResponse } from '../../../protocol/group-messages.js';
import type { Response } from '../../../protocol/messages.js';
import type { DefectId } from '../../../protocol/versions/defects.js';
import type { ControlPlane } from '../../../protocol/versions/rule.js';
import { resolveRules } from '../../../protocol/versions/resolve.js';
import type { RuleValues } from '../../../protocol/versions/rules.js';
import { smallCluster, topicDefaults } from '../../../testing/cluster-spec.js';
import { Run } from '../../../testing/run.js';
import { stateTopicDefaults, withTransactions } from '../../transaction/state-topic.js';
import { groupDefaults, withGroups } from '../group-topic.js';
import { ScriptedConsumer, type ConsumerOptions } from './scripted-consumer.js';
import { ScriptedMember, type Ask, type MemberOptions } from './scripted-member.js';
import { ScriptedProducer } from './scripted-producer.js';

const GROUP = 'harrow';
const TRANSACTIONAL_ID = 'txn-1';
const PARTITIONS = 3;
/** Beside the partitions of the one topic. */
const TRANSACTION_STATE = PARTITIONS;
const CONSUMER_OFFSETS = PARTITIONS + 1;

export interface GroupLabOptions {
  readonly settings?: Partial<GroupSettings>;
  readonly rules?: Partial<RuleValues>;
  readonly defects?: readonly DefectId[];
  readonly version?: string;
  readonly control?: ControlPlane;
  /** min.insync.replicas of all topics; 2 if left out. */
  readonly minIsr?: number;
}

function clusterSpec({
  settings,
  rules,
  defects,
  version = '3.9',
  minIsr = 2,
  control = 'kraft',
}: GroupLabOptions): KafkaClusterSpec {
  const small = smallCluster({ control, partitions: PARTITIONS, producer: { 'transactional.id': TRANSACTIONAL_ID } });
  const consumers = small.consumers.map((consumer) => ({
    ...consumer,
    settings: { ...consumer.settings, 'group.id': GROUP },
  }));
  const spec = { ...small, consumers, version, rules: resolveRules(version, rules, defects) };
  const transactional = withTransactions(spec, stateTopicDefaults, topicDefaults);
  const topic = { ...topicDefaults, 'min.insync.replicas': minIsr };
  return withGroups(transactional, { ...groupDefaults, ...settings }, topic);
}

export class GroupLab extends Run {
  #helpers = 0;

  constructor(options: GroupLabOptions = {}) {
    super(clusterSpec(options), 'groups');
    this.up();
  }

  get coordinator(): number {
    return this.leader(CONSUMER_OFFSETS);
  }

  get offsetsPartition(): number {
    return CONSUMER_OFFSETS;
  }

  member(options: MemberOptions = {}): ScriptedMember {
    return new ScriptedMember(this.#puppet(), GROUP, () => this.coordinator, options);
  }

  /** A member of KIP-848's protocol. */
  consumer(options: ConsumerOptions = {}): ScriptedConsumer {
    return new ScriptedConsumer(this.#puppet(), GROUP, () => this.coordinator, options);
  }

  producer(): ScriptedProducer {
    const coordinators = { transaction: () => this.leader(TRANSACTION_STATE), group: () => this.coordinator };
    return new ScriptedProducer(this.#puppet(), TRANSACTIONAL_ID, GROUP, coordinators);
  }

  #puppet(): Puppet {
    let puppet: Puppet | undefined;
    const machine = this.world.addMachine({
      name: `helper${++this.#helpers}`,
      program: (host) => (puppet = new Puppet(host)),
    });
    this.world.start(machine);
    return puppet!;
  }

  // ---------------------------------------------------------------------- steps

  /** Runs until it is answered. */
  answer<R extends Response>(asked: Ask<R>, seconds = 60): R {
    this.until(seconds, () => asked.answer !== undefined || 'there is no answer');
    return asked.answer!;
  }

  errorOf(asked: Ask<Response & { readonly error: number }>): number {
    return this.answer(asked).error;
  }

  commitError(asked: Ask<Response & { readonly partitions: readonly { readonly error: number }[] }>): number {
    return this.answer(asked).partitions[0].error;
  }

  /** A dynamic member learns its id, and asks to be let in. */
  enter(member: ScriptedMember) {
    const first = member.join();
    if (member.groupInstanceId !== null) return first;
    member.memberId = this.answer(first).memberId;
    return member.join();
  }

  /** The members, the first of them the leader, come into one generation with these partitions. */
  stable(partitions: readonly (readonly number[])[], ...members: ScriptedMember[]): void {
    const asks = members.map((member) => (member.generationId < 0 ? this.enter(member) : member.join()));
    asks.forEach((asked, index) => this.#take(members[index], asked));
    this.assign(partitions, ...members);
  }

  #take(member: ScriptedMember, asked: ReturnType<ScriptedMember['join']>): void {
    const { error, memberId, generationId } = this.answer(asked);
    if (error !== KafkaError.NONE) throw new Error(`a member was not let in: ${error}`);
    member.memberId = memberId;
    member.generationId = generationId;
  }

  /** The first member, which leads, decides. */
  assign(partitions: readonly (readonly number[])[], ...members: ScriptedMember[]): number[][] {
    const decided = Object.fromEntries(members.map(({ memberId }, index) => [memberId, partitions[index]]));
    const [leader, ...followers] = members;
    const waiting = followers.map((member) => member.sync());
    const synced = [leader.sync(decided), ...waiting];
    return synced.map((asked) => [...this.answer(asked).assignment.assignedPartitions]);
  }

  committed(member: ScriptedMember, partition: number, requireStable = false): number {
    const [{ error, committedOffset }] = this.answer(member.fetch(partition, requireStable)).partitions;
    return error === KafkaError.NONE ? committedOffset : -error;
  }

  /** It tells its coordinator what it has, and takes what it is told. */
  beat(consumer: ScriptedConsumer): ConsumerGroupHeartbeatResponse {
    const response = this.answer(consumer.heartbeat());
    if (response.error === KafkaError.NONE) consumer.take(response);
    return response;
  }

  /**
   * A member of the classic protocol joins a group of KIP-848 and takes what it is told.
   * @param ownedPartitions what it keeps meanwhile
   */
  rejoin(member: ScriptedMember, ownedPartitions: readonly number[] = []): number[] {
    member.ownedPartitions = ownedPartitions;
    this.#take(member, member.memberId === '' ? this.enter(member) : member.join());
    return [...this.answer(member.sync()).assignment.assignedPartitions];
  }

  /** Each in turn until nothing changes any more. */
  settle(...consumers: ScriptedConsumer[]): number[][] {
    for (let round = 0; round < 10; round++) for (const consumer of consumers) this.beat(consumer);
    return consumers.map(({ owned }) => [...owned]);
  }

  /** The coordinator dies; another has taken over when this ends. It comes back later. */
  failOver(): number {
    const deposed = this.coordinator;
    this.world.kill(deposed);
    this.until(60, () => (this.coordinator !== deposed && this.coordinator > 0) || 'nobody else leads');
    this.run(2);
    this.world.start(deposed);
    return deposed;
  }

  /** In good order, while all live. */
  moveCoordinator(to: number): void {
    this.kafka.transferLeadership(CONSUMER_OFFSETS, to);
    this.until(60, () => this.coordinator === to || 'it has not moved');
    this.run(2);
  }

  /**
   * The transactions get another coordinator than the group, in good order.
   * @returns that broker
   */
  moveTransactionCoordinatorAway(): number {
    const to = [1, 2, 3].find((broker) => broker !== this.coordinator)!;
    this.kafka.transferLeadership(TRANSACTION_STATE, to);
    this.until(60, () => this.leader(TRANSACTION_STATE) === to || 'it has not moved');
    this.run(2);
    return to;
  }

  /** A producer with an id, and a transaction that has the group's offsets. */
  transaction(): ScriptedProducer {
    const producer = this.producer();
    const { producerId, producerEpoch } = this.answer(producer.init());
    Object.assign(producer, { producerId, producerEpoch });
    if (this.kafka.spec.rules.transactionVersion < 2) this.errorOf(producer.addOffsets());
    return producer;
  }
}
