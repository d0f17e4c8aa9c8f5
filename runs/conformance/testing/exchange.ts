/** What an exchange is: the steps of ../exchanges.yaml, and what Kafka or the model answers to them. Broker ids are 1, 2, 3. */

import type { DefectId } from '../../../model/kafka/protocol/versions/defects.js';

export interface Exchange {
  readonly name: string;
  /** null: there is no such topic. Left out: three replicas, the first leads; Kafka's own settings. */
  readonly topic?: {
    readonly replicas?: readonly number[];
    readonly settings?: Readonly<Record<string, string | number | boolean>>;
  } | null;
  /** Released bugs that it shows: the model has none unless it is told to. */
  readonly defects?: readonly DefectId[];
  readonly steps: readonly Step[];
}

/** One key, the kind of the step, and what belongs to it. */
export type Step = Readonly<Record<string, unknown>>;

export interface ProduceStep {
  readonly to: number;
  readonly acks: 'all' | number;
  readonly values: readonly number[];
  readonly timeoutMs?: number;
  /** As an earlier `init-producer-id` named it. */
  readonly producer?: string;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  /** null: outside of any transaction. Left out: in one, if the producer has a transactional id. */
  readonly transactional?: string | null;
}

export interface FetchStep {
  readonly to: number;
  readonly offset: number;
  readonly currentLeaderEpoch?: number;
  readonly lastFetchedEpoch?: number;
  /** As this follower; left out: as a consumer. */
  readonly replicaId?: number;
  readonly maxWaitMs?: number;
  /** isolation.level; left out: read_uncommitted, and nothing is noted of aborted transactions. */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
}

/** Until broker `at` knows this leader (-1: none), this ISR, and these brokers as alive. */
export interface AwaitStep {
  readonly at: number;
  readonly leader?: number;
  readonly isr?: readonly number[];
  readonly brokers?: readonly number[];
}

export interface BatchAnswer {
  readonly baseOffset: number;
  readonly leaderEpoch: number;
  readonly baseSequence: number;
  readonly values: readonly number[];
  readonly damaged?: true;
  /** Of a control batch, which has no values. */
  readonly marker?: 'COMMIT' | 'ABORT';
}

/** By field; null for a step that asks nothing. */
export type Answer = Readonly<Record<string, unknown>> | null;
