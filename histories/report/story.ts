/**
 * From a history, its trace and a judged anomaly to the story of how it came about: what `explain` prints, what a
 * campaign prints for the first trial of each cause, and what the report steps through.
 */
import type { JudgedAnomaly } from '../anomaly.js';
import type { History } from '../operation.js';
import { TraceReader } from '../trace-record.js';
import type { Trace } from '../trace.js';
import { duplicateCause, duplicateStory } from './story/duplicate.js';
import { generalStory, overviewStory, stuckStory } from './story/general.js';
import { groupRecordCause, groupRecordStory } from './story/group-record.js';
import { lossOf, offsetMeant } from './story/loss.js';
import { lostRecordStory } from './story/lost-record.js';
import { orderCause, orderStory } from './story/order.js';
import { processOrderCause, processOrderStory } from './story/process-order.js';
import { attemptsOf } from './story/attempts.js';
import { Teller } from './story/teller.js';
import { hangingCause, hangingStory, withheldCause, withheldStory } from './story/hanging-transaction.js';
import { transactionCause, transactionStory } from './story/transaction.js';
import { transformCause, transformStory } from './story/transform.js';
import type { Cause, Story } from './story/types.js';

export type { CausalGraph, CausalNode, Cause, LineRole, Story, StoryLine } from './story/types.js';

export function storyOf(history: History, trace: Trace, judged: JudgedAnomaly): Story {
  const teller = new Teller(history, trace);
  switch (judged.anomaly.type) {
    case 'unseen':
      return (judged.anomaly.values.length > 0 ? withheldStory(teller, judged) : null) ?? lossStory(teller, judged);
    case 'lost-write':
    case 'inconsistent-offsets':
    case 'ack-offset-mismatch':
      return lossStory(teller, judged);
    case 'duplicate':
      return duplicateStory(teller, judged);
    case 'key-order':
    case 'nonmonotonic-send':
    case 'int-nonmonotonic-send':
      return orderStory(teller, judged);
    case 'reprocessed':
    case 'skipped':
      return groupRecordStory(teller, judged);
    case 'processed-out-of-order':
      return processOrderStory(teller, judged);
    case 'ctp-duplicate':
    case 'count-too-high':
    case 'count-too-low':
      return transformStory(teller, judged) ?? generalStory(teller, judged);
    case 'torn-transaction':
    case 'G1a':
      return transactionStory(teller, judged) ?? generalStory(teller, judged);
    case 'stuck':
      return hangingStory(teller, judged) ?? stuckStory(teller, judged);
    default:
      return generalStory(teller, judged);
  }
}

function lossStory(teller: Teller, judged: JudgedAnomaly): Story {
  return judged.anomaly.values.length > 0 ? lostRecordStory(teller, judged) : generalStory(teller, judged);
}

/** The story of a trial without anomalies: what happened to one of its partitions (an index into the history's keys). */
export function overviewOf(history: History, trace: Trace, key: number): Story {
  const teller = new Teller(history, trace);
  return overviewStory(teller, teller.key(key));
}

/**
 * How an anomaly came about, in one clause: failures of equal `id` are one way of failing.
 * The trace's keys must be the history's (as in every trial of Harrow's own).
 */
export function causeOf(judged: JudgedAnomaly, history: History, trace: Trace): Cause {
  const { anomaly, licence } = judged;
  const reader = new TraceReader(trace);
  const values = anomaly.values;
  const nowhere: Cause = { id: anomaly.type, sentence: licence?.words ?? anomaly.type };
  switch (anomaly.type) {
    case 'lost-write':
    case 'unseen': {
      if (values.length === 0) return nowhere;
      const loss = lossOf(reader, anomaly.key, values[0]!);
      return withheldCause(new Teller(history, trace), judged, loss) ?? loss.cause;
    }
    case 'inconsistent-offsets':
    case 'ack-offset-mismatch': {
      const losses = values.map((value) => lossOf(reader, anomaly.key, value, Infinity, offsetMeant(anomaly)));
      return (losses.find((loss) => loss.takeover !== null) ?? losses[0])?.cause ?? nowhere;
    }
    case 'duplicate':
    case 'key-order':
    case 'nonmonotonic-send':
    case 'int-nonmonotonic-send': {
      if (values.length === 0) return nowhere;
      // Harrow numbers values in the order in which they are sent.
      const first = attemptsOf(reader, anomaly.key, Math.min(...values), null, -1);
      return anomaly.type === 'duplicate' ? duplicateCause(first) : orderCause(first);
    }
    case 'reprocessed':
    case 'skipped':
    case 'processed-out-of-order': {
      // What an event licenses is grouped by that event; settings that promise nothing say nothing of how it came about.
      const isLicensed = licence !== null && licence.row !== 'not-promised';
      return isLicensed
        ? { ...nowhere, id: licence.row }
        : (causeAmongMembers(new Teller(history, trace), judged) ?? nowhere);
    }
    case 'committed-too-far':
      return licence === null ? nowhere : { ...nowhere, id: licence.row };
    case 'ctp-duplicate':
    case 'count-too-high':
    case 'count-too-low': {
      // What at_least_once allows says nothing of how it came about, either.
      const isTold = licence === null || licence.row === 'at-least-once';
      return isTold ? (transformCause(new Teller(history, trace), judged) ?? nowhere) : nowhere;
    }
    case 'torn-transaction':
    case 'G1a':
      return licence === null ? (transactionCause(new Teller(history, trace), judged) ?? nowhere) : nowhere;
    case 'stuck':
      return licence === null ? (hangingCause(new Teller(history, trace), judged) ?? nowhere) : nowhere;
    default:
      return nowhere;
  }
}

function causeAmongMembers(teller: Teller, judged: JudgedAnomaly): Cause | null {
  const isOrder = judged.anomaly.type === 'processed-out-of-order';
  return isOrder ? processOrderCause(teller, judged) : groupRecordCause(teller, judged);
}
