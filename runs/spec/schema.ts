/**
 * The shape of a spec file, with a sentence for each key. `spec.schema.json` is generated from this; names and values of
 * Kafka's settings, of faults and of requirements are checked after it, where the nearest right name is known.
 */
import { z } from 'zod';
import { durationPattern } from './durations.js';

const scalar = z.union([z.string(), z.number(), z.boolean()], { error: 'is not a plain value' });
const count = (what: string): z.ZodNumber =>
  z.int({ error: `is not a whole number${what}` }).min(1, { error: `is below 1${what}` });
const duration = z.string({ error: 'is no duration like 500ms, 60s or 2m' }).regex(durationPattern, {
  error: 'is no duration like 500ms, 60s or 2m',
});
const version = z
  .union([z.string(), z.number()], { error: 'is no version like "3.9"' })
  .describe('The Kafka release, as text: "3.9". It decides the protocol rules and the defaults of every setting.');

const settings = (what: string): z.ZodType =>
  z
    .record(z.string(), scalar, { error: 'is not a map of settings' })
    .describe(`${what}, by Kafka's own names and in Kafka's own units. from: names a property file; values here win.`);

const settingKeys = {
  broker: settings('Broker settings (server.properties)'),
  topic: settings('Topic settings'),
  producer: settings('Producer settings'),
  consumer: settings('Consumer settings'),
};

const replicationFactor = count('').describe('Replicas of each partition.');
const partitions = count('').describe('Partitions of the topic.');

const topicShape = {
  partitions: partitions.optional(),
  'replication.factor': replicationFactor.optional(),
  settings: settingKeys.topic.optional(),
};
const producerShape = {
  client: z.string().describe('Which client: java is the only one in this build.').optional(),
  count: count('').describe('How many such producers.').optional(),
  settings: settingKeys.producer.optional(),
};
const consumerShape = {
  client: z.string().describe('Which client: java is the only one in this build.').optional(),
  count: count('')
    .describe('How many such consumers; they share the partitions, as a group if they subscribe.')
    .optional(),
  commit: z
    .enum(['before-processing', 'after-processing', 'auto', 'in-transaction'])
    .describe(
      'The consumers subscribe as one group, and commit: once the records of a poll are processed, before that, by themselves every auto.commit.interval.ms, or in the transactions in which they send what they make of records to the last topic.',
    )
    .optional(),
  producer: settings(
    'Of commit: in-transaction: settings of the producer that each of them has; its transactional.id above all. Of streams: settings of its producers',
  ).optional(),
  fencing: z
    .enum(['group-metadata', 'partition', 'none'])
    .describe(
      'Of commit: in-transaction: sendOffsetsToTransaction is given the metadata of the consumer, so that a member that was replaced cannot commit (KIP-447, Kafka 2.5); or a member has a producer for each partition that it is assigned, with the transactional.id ID-TOPIC-PARTITION, which fences that of the former owner; or neither, and the name of the group alone is sent.',
    )
    .optional(),
  streams: settings(
    'The consumers are processes of one Kafka Streams application, which counts the records of each key: settings of Kafka Streams, processing.guarantee and commit.interval.ms above all',
  ).optional(),
  settings: settingKeys.consumer.optional(),
};

const named = z.string().describe('Its name; the name of the spec, if left out.').optional();

const control = z
  .union(
    [
      z.enum(['kraft', 'zookeeper']),
      z.strictObject({
        mode: z.enum(['kraft', 'zookeeper']).describe('kraft or zookeeper.').optional(),
        controllers: count('').describe('How many controllers decide (KRaft).').optional(),
        servers: count('').describe('How many ZooKeeper servers: 1, 3 or 5.').optional(),
      }),
    ],
    { error: 'is neither kraft nor zookeeper' },
  )
  .describe('Who decides about leaders and ISR.');

/** Those that every fault takes; a fault's own are its own. */
export const faultParameters = z
  .looseObject({
    topic: z.string().describe('Strike the leader (or other role) of a partition of this topic.').optional(),
    partition: scalar.describe('Of this partition of the topic.').optional(),
    role: z
      .string()
      .describe('Strike whoever plays this role instead: leader, follower, last-in-isr, broker, ...')
      .optional(),
    machine: z.string().describe('Strike this machine, whatever its role: b1, c1, p0.').optional(),
    from: duration
      .describe('Begin at this time of the safety phase. A fault with a time strikes in every trial.')
      .optional(),
    to: duration.describe('End at this time.').optional(),
  })
  .describe('Parameters of the fault; with from and to it is timed by hand.');

const faults = z
  .array(
    z.union([z.string(), z.record(z.string(), z.union([faultParameters, z.null()]))], {
      error: 'is neither the name of a fault nor one with parameters',
    }),
    { error: 'is not a list of faults' },
  )
  .describe('What may break, by name (npx harrow faults). Drawn anew for each seed, unless timed by hand.');

const requirements = z
  .array(
    z.union(
      [
        z.string(),
        z.record(z.string(), z.strictObject({ within: duration.describe('The bound after the heal.').optional() })),
      ],
      { error: 'is neither the name of a requirement nor writable-again: { within: ... }' },
    ),
    { error: 'is not a list of requirements' },
  )
  .describe('What you need, whatever Kafka guarantees: no-lost-writes, key-order, no-duplicates, writable-again.');

const workload = z
  .strictObject({
    type: z
      .enum(['append', 'transactions', 'compacted', 'own', 'queue', 'pipeline', 'streams'])
      .describe(
        'append: producers send, consumers with assigned partitions read. transactions: the same, several records at a time, committed or aborted together. queue: producers send, and consumers subscribe and process each record, which takes time. pipeline: producers send to all topics but the last, and consumers with commit: in-transaction make of each record one in the last topic. streams: producers send to the first topic, and a Kafka Streams application counts the records of each key; the second topic is its changelog, the third takes the counts. compacted: keys are updated and deleted, in a topic whose cleanup.policy is compact. own: a function in a test of yours (harrow/vitest).',
      )
      .optional(),
    sends: count('').describe('Records sent in the safety phase.').optional(),
    keys: count('').describe('Different record keys; records of a key go to one partition.').optional(),
    over: duration.describe('Length of the safety phase, in which faults happen.').optional(),
    resend: z
      .boolean()
      .describe('Send a value again under a new send() when its outcome is unknown, as many applications do.')
      .optional(),
  })
  .describe('What the clients do.');

export const profiles = ['network', 'one-at-a-time', 'within-assumptions', 'storm'] as const;

/** One value or several. */
const oneOrMany = z.union([scalar, z.array(scalar)], { error: 'is neither a value nor a list of values' });

/** Times in microseconds; `at` of a strike as a fraction of the safety phase. */
const strike = z
  .looseObject({
    fault: z.string().describe('Its name.'),
    target: z.looseObject({ kind: z.enum(['role', 'machine']).describe('By role or by name.') }).describe('Whom.'),
    when: z
      .strictObject({
        at: z.number().describe('Where in the safety phase it begins, 0 to 1.'),
        for: z.number().describe('How long, microseconds.'),
      })
      .describe('When.'),
    with: z.record(z.string(), z.union([z.number(), z.string()])).describe('Its parameters.'),
  })
  .describe('One planned fault.');

const stepBasis = {
  at: z.number().describe('Microseconds from the start of the safety phase.'),
  client: z.int().min(0).describe('Which client: producers first, then consumers.'),
  by: z.int().min(0).describe('Of an own workload: the call of the function that made it, from 0.').optional(),
};
const recordShape = {
  topic: z.int().min(0).describe('Which of the topics of the spec.'),
  recordKey: z.union([z.string(), z.null()]).describe('Key of the record.'),
  value: z.int().describe('Value of the record, unique in the trial.'),
  tombstone: z.literal(true).describe('The record deletes its key.').optional(),
};
const call = z.int().min(0).describe('Number of the call, unique in the trial.');
const key = z.int().min(0).describe('A partition, numbered over all topics.');

const ownStep = z
  .strictObject({ ...stepBasis, f: z.literal('own').describe('The function is called.') })
  .describe('One call of the function of an own workload.');

const step = z
  .discriminatedUnion('f', [
    z.strictObject({
      ...stepBasis,
      f: z.enum(['send', 'transaction']).describe('What it does.'),
      ...recordShape,
      more: z.array(z.strictObject(recordShape)).describe('Of a transaction: the records behind the first.').optional(),
      end: z.enum(['commit', 'abort']).describe('Of a transaction: how it ends.').optional(),
      partition: z.int().min(0).describe('Of a send: its partition; left out: as the key has it.').optional(),
      text: z.string().describe('Of an own workload: the value as it was sent, for people.').optional(),
    }),
    z.strictObject({
      ...stepBasis,
      call,
      f: z
        .enum(['init-transactions', 'begin-transaction', 'commit-transaction', 'abort-transaction'])
        .describe('What it does.'),
    }),
    z.strictObject({
      ...stepBasis,
      call,
      f: z.literal('assign').describe('What it does.'),
      keys: z.array(key).describe('The partitions that the consumer is assigned from now on.'),
    }),
    z.strictObject({
      ...stepBasis,
      call,
      f: z.literal('seek').describe('What it does.'),
      key,
      offset: z.int().min(0).describe('The next offset to be read.'),
    }),
    z.strictObject({
      ...stepBasis,
      call,
      f: z.literal('poll').describe('What it does.'),
      timeoutMs: z.number().min(0).describe('How long it waits for records.'),
    }),
    z
      .strictObject({
        ...stepBasis,
        f: z
          .enum(['process-each', 'process-slowly'])
          .describe('From now on each record takes so long; or the next one takes so much longer.'),
        micros: z.int().min(0).describe('How long, microseconds.'),
      })
      .describe('What makes the application of a consumer slow.'),
    ownStep,
  ])
  .describe('One step of the workload.');

const plan = z
  .strictObject({
    format: z.literal('harrow/plan').describe('harrow/plan'),
    version: z.literal(1).describe('1'),
    profile: z.enum(profiles).describe('The profile that it was drawn under.'),
    strikes: z.array(strike).describe('The planned faults.'),
    workload: z.array(step).describe('What the clients do, in order of time.'),
    own: z
      .array(ownStep)
      .describe('Of an own workload: the calls of the function that made the steps of `workload`.')
      .optional(),
    settings: z.record(z.string(), scalar).describe('Settings that the spec left open, as they were drawn.'),
    healAll: z.boolean().describe('Whether everything is healed at once, or a sufficient set first.'),
    healPick: z.number().describe('Which sufficient set, as a fraction of their number.'),
  })
  .describe(
    'Everything that was drawn for the seed. Written by Harrow into the spec of a kept trial, which replays from it.',
  );

export const specSchema = z
  .strictObject({
    name: z.string().describe('What the spec is called; the name of its file, if left out.').optional(),
    question: z.string().describe('The question that this spec answers.').optional(),
    sentence: z.string().describe('What it is, in one sentence.').optional(),
    answer: z
      .array(z.string())
      .describe('The answer, in two lines, printed after a campaign that ends as expected.')
      .optional(),
    kafka: version.optional(),
    brokers: count('').describe('How many brokers: short for cluster.brokers.').optional(),
    cluster: z
      .strictObject({
        brokers: count('').describe('How many brokers.').optional(),
        control: control.optional(),
        releases: z
          .record(z.string(), version)
          .describe(
            'Machines that run another release than kafka: b2: "3.7"; controllers: all of KRaft that are no brokers.',
          )
          .optional(),
        'metadata.version': z
          .union([z.string(), z.number()], { error: 'is no version like "3.9"' })
          .describe(
            'What a KRaft cluster has agreed on: the release of its metadata.version; the oldest in the cluster, if left out.',
          )
          .optional(),
        racks: z.array(z.string()).min(1).describe('Racks, dealt out to the brokers in turn.').optional(),
        'rack-aware': z
          .boolean({ error: 'is no true or false' })
          .describe('false: broker.rack is not set, so that Kafka does not know in which racks its brokers stand.')
          .optional(),
        settings: settingKeys.broker.optional(),
      })
      .describe('The cluster.')
      .optional(),
    topic: z
      .looseObject({ name: named, ...topicShape })
      .describe('Short for one topic: its settings may stand beside partitions and replication.factor.')
      .optional(),
    topics: z
      .record(z.string(), z.union([z.strictObject(topicShape), z.null()]))
      .describe('Topics by name.')
      .optional(),
    producer: z
      .looseObject({ name: named, ...producerShape })
      .describe('Short for one kind of producer: its settings may stand directly in it.')
      .optional(),
    producers: z
      .record(z.string(), z.union([z.strictObject(producerShape), z.null()]))
      .describe('Kinds of producers by name.')
      .optional(),
    consumer: z
      .looseObject({ name: named, ...consumerShape })
      .describe('Short for one kind of consumer: its settings may stand directly in it.')
      .optional(),
    consumers: z
      .record(z.string(), z.union([z.strictObject(consumerShape), z.null()]))
      .describe('Kinds of consumers by name.')
      .optional(),
    workload: workload.optional(),
    faults: faults.optional(),
    profile: z
      .enum(profiles)
      .describe('Which faults may overlap: one-at-a-time, network, within-assumptions, or storm (no limit).')
      .optional(),
    'late-requests': z
      .boolean()
      .describe("false draws no fault under which a request outlives its client's wait.")
      .optional(),
    require: requirements.optional(),
    expect: z
      .array(z.string())
      .describe('Anomalies that a campaign must find, or bug. Then finding them is what exits 0.')
      .optional(),
    'expect-situations': z
      .array(z.string())
      .describe('Situations (npx harrow situations) that at least one trial must reach.')
      .optional(),
    vary: z
      .record(z.string(), oneOrMany)
      .describe('Variants: a setting or key, and its values. Every combination meets the same seeds and faults.')
      .optional(),
    rules: z.record(z.string(), scalar).describe('Single protocol rules other than those of the version.').optional(),
    defects: z.array(z.string()).describe('Released implementation bugs to turn on, by JIRA id.').optional(),
    'as-released': z
      .boolean()
      .describe('true turns on the bugs that the release had, as far as the model has them.')
      .optional(),
    seed: z
      .union([z.string(), z.number()], { error: 'is no seed' })
      .describe('Of a kept trial: its seed, as text.')
      .optional(),
    plan: plan.optional(),
    digest: z.string().describe('Of a kept trial: the digest that a replay must reproduce.').optional(),
    notes: z.array(z.string()).describe('Of a kept trial: what its header said.').optional(),
    'not-modelled': z
      .array(z.string())
      .describe('Of a kept trial: settings that were given, could matter, and are not modelled.')
      .optional(),
  })
  .describe('A Harrow spec: everything about a trial but its seed.');
