/** Why a group processed a record twice, or not at all: by what befell the member that had it. */
import type { Operation } from '../../operation.js';
import { endOf, offsetIn, type GroupScene } from './group-scene.js';
import { memberFate, type MemberFate } from './member-fate.js';
import type { Teller } from './teller.js';
import type { Cause } from './types.js';

/** What a group did with a record, and how that came about. */
export interface GroupFinding {
  readonly cause: Cause;
  readonly fate: MemberFate;
  /** The poll by which the first member took the record; null: nobody did. */
  readonly poll: Operation | null;
  /** reprocessed: both times. skipped: none. */
  readonly processed: readonly Operation[];
  /** The commit that went past the record, or should have. */
  readonly commit: Operation | null;
}

const NO_FATE: MemberFate = { kind: 'none', left: null, moved: null };

/** @param pair the two operations that processed the record */
export function reprocessedFinding(teller: Teller, scene: GroupScene, pair: readonly number[]): GroupFinding {
  const [first, second] = pair.map((index) => teller.history.operations[index]!);
  const none = { poll: null, commit: null, fate: NO_FATE };
  if (first === undefined || second === undefined) {
    return { ...none, processed: [], cause: { id: 'reprocessed', sentence: 'a record was processed twice' } };
  }
  const poll = scene.polls.findLast((one) => one.client === first.client && endOf(one) <= first.invokedAt) ?? null;
  const { machine } = teller.clientOf(first);
  const from = poll?.completedAt ?? first.invokedAt;
  const fate = memberFate(teller.reader, { key: scene.key, machine, from, to: second.invokedAt });
  const between = scene.commits.filter((one) => one.invokedAt >= from && one.invokedAt <= second.invokedAt);
  const succeeded = between.find((one) => one.outcome === 'ok' && one.completedAt <= second.invokedAt) ?? null;
  const commit = succeeded ?? between.find((one) => one.client === first.client) ?? null;
  const cause = succeeded === null ? REPROCESSED[fate.kind] : WENT_BACK;
  return { cause, fate, poll, processed: [first, second], commit };
}

const WENT_BACK: Cause = {
  id: 'committed-offset-went-back',
  sentence: 'the offset had been committed, and the next member began before it',
};

const REPROCESSED: Readonly<Record<MemberFate['kind'], Cause>> = {
  died: { id: 'died-before-commit', sentence: 'a member died between processing and committing' },
  paused: { id: 'paused-before-commit', sentence: 'a member was evicted while it was paused, before it had committed' },
  unheard: {
    id: 'unheard-before-commit',
    sentence: 'a member was evicted because it was not heard in time, before it had committed',
  },
  slow: { id: 'slow-member', sentence: 'a member took longer than max.poll.interval.ms and was replaced' },
  moved: {
    id: 'moved-before-commit',
    sentence: 'a rebalance moved partitions before their offsets were committed',
  },
  none: { id: 'processed-again', sentence: 'the record was processed again before its offset was committed' },
};

export function skippedFinding(teller: Teller, scene: GroupScene): GroupFinding {
  const poll = scene.polls[0] ?? null;
  const none = { poll, commit: null, fate: NO_FATE, processed: [] };
  if (poll === null) return { ...none, commit: scene.commits[0] ?? null, cause: neverPolled(teller, scene) };
  const commit = scene.commits.find((one) => one.client === poll.client && one.invokedAt >= poll.completedAt) ?? null;
  if (commit === null) return { ...none, cause: SKIPPED.none };
  const { machine } = teller.clientOf(poll);
  const end = teller.reader.trace.time[teller.reader.length - 1] ?? 0;
  const span = { key: scene.key, machine, from: commit.invokedAt, to: end };
  const fate = memberFate(teller.reader, span);
  const isUnheard = commit.outcome !== 'ok' && fate.kind !== 'died';
  return { poll, commit, fate, processed: [], cause: isUnheard ? COMMIT_UNHEARD : SKIPPED[fate.kind] };
}

const COMMIT_UNHEARD: Cause = {
  id: 'commit-unheard',
  sentence: 'a commit before processing was written, and its member heard that it had failed',
};

const SKIPPED: Readonly<Record<MemberFate['kind'], Cause>> = {
  died: { id: 'committed-then-died', sentence: 'a member committed before processing, then died' },
  paused: {
    id: 'committed-then-paused',
    sentence: 'a member committed before processing, and was evicted while it was paused',
  },
  unheard: {
    id: 'committed-then-unheard',
    sentence: 'a member committed before processing, and was evicted because it was not heard in time',
  },
  slow: {
    id: 'committed-then-slow',
    sentence: 'a member committed before processing, and took longer than max.poll.interval.ms',
  },
  moved: {
    id: 'committed-then-moved',
    sentence: 'offsets were committed before processing, and a rebalance came between',
  },
  none: { id: 'committed-unprocessed', sentence: 'an offset was committed past records that were not processed' },
};

/** The member that committed past it had begun behind it. */
function neverPolled(teller: Teller, scene: GroupScene): Cause {
  const isReset = scene.fetched.some((one) => one.outcome === 'ok' && offsetIn(scene, one) < 0);
  if (isReset && teller.setting('auto.offset.reset') === 'latest') {
    return {
      id: 'reset-to-latest',
      sentence: 'no offset was committed, and auto.offset.reset=latest began behind the record',
    };
  }
  return { id: 'never-polled', sentence: 'the group began behind the record, which no member ever polled' };
}
