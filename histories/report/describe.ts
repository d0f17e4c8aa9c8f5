/** One line of plain words for any trace record. */
import { membersOf } from '../replay-state.js';
import type { RecordOf, TraceRecord } from '../trace-record.js';
import { acksWord, brokerSet, kafkaError, type Names } from './words.js';

const truncateReasons = ['to the diverging epoch', 'out of range', 'recovery', 'to the high watermark'];
const electionWords = [
  'clean election',
  'unclean election',
  'preferred leader',
  'nobody is eligible',
  'final read',
  'an eligible leader replica',
  'the last known leader',
];
const lossWords = ['never synced', 'disk wiped', 'corrupted'];
/** By what `compacted` says in place of an offset: -1, -2, ... */
const removalWords = [
  'a tombstone that was kept long enough',
  'of an aborted transaction',
  'the marker of a transaction of which nothing is left',
  'without a key',
];
const startReasons = [
  'old segments deleted',
  'records deleted on request',
  'as its leader',
  'emptied, to begin where its leader does',
  'found so at the start',
];
/** TransactionState, by its number. */
const transactionStates = ['Empty', 'Ongoing', 'PrepareCommit', 'PrepareAbort', 'CompleteCommit', 'CompleteAbort'];
const groupStates = [
  'Empty',
  'PreparingRebalance',
  'CompletingRebalance',
  'Stable',
  'Dead',
  'Assigning',
  'Reconciling',
];
const leftWords = [
  'it left',
  'its session expired',
  'it did not join in time',
  'it did not sync in time',
  'another goes on under its instance id',
  'the group was full',
  'it did not give up its partitions in time',
];
const groupRequests: Readonly<Record<number, string>> = {
  9: 'OffsetFetch',
  11: 'JoinGroup',
  12: 'Heartbeat',
  14: 'SyncGroup',
  68: 'ConsumerGroupHeartbeat',
};
const phaseWords = ['start', 'safety', 'liveness', 'final read'];

/** What happened, without the time: "b1 appends orders-0@0 = 5 in epoch 4". */
export function describe(record: TraceRecord, names: Names): string {
  const machine = names.machine(record.machine);
  const key = names.key(record.key);
  const at = (offset: number): string => names.record(record.key, offset);
  switch (record.event) {
    case 'process-started':
      return `${machine} starts${record.incarnation > 1 ? ` again (incarnation ${record.incarnation})` : ''}`;
    case 'process-killed':
      return record.why === 0 ? `${machine} is killed` : `${machine} exits`;
    case 'power-lost':
      return `${machine} loses power; ${record.entriesLost} unsynced entries are gone`;
    case 'paused':
      return `${machine} stops running (paused)`;
    case 'resumed':
      return `${machine} runs again`;
    case 'fault-began':
      return `fault: ${names.faultOn(record.strike, membersOf(record.targets))}`;
    case 'fault-ended':
      return `the fault ends: ${names.fault(record.strike)}`;
    case 'phase':
      return `phase: ${phaseWords[record.phase] ?? record.phase}`;
    case 'stalled': {
      const waits = record.waitsFor > 0 ? `, and waits for ${names.machine(record.waitsFor)}` : '';
      return `${record.key < 0 ? 'the cluster' : key} makes no progress within the bound${waits}`;
    }
    case 'message-sent':
      return `${machine} sends ${names.machine(record.to)} a message (kind ${record.messageKind}, ${record.bytes} bytes)`;
    case 'message-delivered':
      return `${machine} takes a message of ${names.machine(record.from)} (kind ${record.messageKind})`;
    case 'connection-broken':
      return `${machine} sees its connection to ${names.machine(record.peer)} break`;
    case 'append':
      return `${machine} ${record.asLeader === 1 ? 'appends' : 'copies'} ${at(record.offset)} = ${names.value(record.value)} (epoch ${record.leaderEpoch})`;
    case 'truncate':
      return `${machine} truncates ${key} ${record.oldLogEnd} → ${record.logEnd} (${truncateReasons[record.reason] ?? record.reason})`;
    case 'high-watermark':
      return `${machine} moves the high watermark of ${key} ${record.old} → ${record.highWatermark}`;
    case 'log-loaded':
      return `${machine} loads ${key}: log end ${record.logEnd}, high watermark ${record.highWatermark}${record.unclean === 1 ? ', after an unclean shutdown' : ''}`;
    case 'log-start':
      return `${machine} begins its log of ${key} at ${record.logStart} (${startReasons[record.reason] ?? record.reason})`;
    case 'segment-rolled':
      return `${machine} begins a segment of ${key} at ${record.baseOffset}`;
    case 'producer-window':
      return record.reason === 0
        ? `${machine} knows of producer ${record.producerId} in ${key} no batch before sequence ${record.oldestSequence} (state reloaded from a snapshot)`
        : `${machine} has forgotten producer ${record.producerId} in ${key} (expired)`;
    case 'compacted':
      return `${machine} compacts ${at(record.offset)} = ${names.value(record.value)} away (${
        record.supersededBy >= 0
          ? `superseded at offset ${record.supersededBy}`
          : removalWords[-record.supersededBy - 1]
      })`;
    case 'log-gap':
      return `${machine} copies ${key} without offsets ${record.from} to ${record.to - 1}, which its leader has compacted away`;
    case 'replica-deleted':
      return `${machine} deletes its replica of ${key}, which ended at ${record.logEnd}`;
    case 'log-dir-offline':
      return `${machine} cannot write to log directory ${record.directory + 1}, where ${record.replicas} replicas lie, and ${record.goesOn === 1 ? 'goes on without it' : 'halts'}`;
    case 'replica-offline':
      return `${machine} serves ${key} no more: it lies in a log directory that has failed`;
    case 'data-lost':
      return `${machine} lost ${key} from offset ${record.firstOffset} on, of ${record.oldLogEnd} (${lossWords[record.reason] ?? record.reason})`;
    case 'become-leader':
      return `${machine} leads ${key} in epoch ${record.leaderEpoch}, ISR ${brokerSet(membersOf(record.isr))}`;
    case 'become-follower':
      return `${machine} follows ${names.machine(record.leader)} for ${key} in epoch ${record.leaderEpoch}, log end ${record.logEnd}`;
    case 'follower-fetched':
      return `${machine} learns that ${names.machine(record.follower)} holds ${key} up to ${record.fetchOffset}`;
    case 'isr-pending':
      return `${machine} proposes ISR ${brokerSet(membersOf(record.isr))} for ${key}`;
    case 'isr-not-attempted':
      return `${machine} takes its proposal of ISR ${brokerSet(membersOf(record.isr))} for ${key} back: an older one is under way`;
    case 'isr-adopted':
      return `${machine} adopts ISR ${brokerSet(membersOf(record.isr))} for ${key}`;
    case 'acknowledged':
      return `${machine} acknowledges ${key}@${offsets(record.baseOffset, record.lastOffset)} (acks ${acksWord(record.acks)})`;
    case 'refused':
      return `${machine} refuses a write to ${key}: ${kafkaError(record.error)}`;
    case 'deduplicated':
      return `${machine} recognises ${at(record.baseOffset)} as already appended (sequence ${record.baseSequence})`;
    case 'read-served':
      return `${machine} answers a read of ${key} with [${record.from}, ${record.to})`;
    case 'metadata-published':
      return `${machine} applies metadata up to ${record.offset}`;
    case 'broker-registered':
      return `${machine} registers ${names.machine(record.broker)} (broker epoch ${record.brokerEpoch})`;
    case 'broker-fenced':
      return `${machine} fences ${names.machine(record.broker)}`;
    case 'broker-unfenced':
      return `${machine} unfences ${names.machine(record.broker)}`;
    case 'partition-changed':
      return `${machine} decides ${key}: leader ${record.leader < 0 ? 'none' : names.machine(record.leader)}, epoch ${record.leaderEpoch}, ISR ${brokerSet(membersOf(record.isr))}`;
    case 'elected':
      return record.leader < 0
        ? `${machine} elects nobody for ${key}`
        : `${machine} elects ${names.machine(record.leader)} for ${key} in epoch ${record.leaderEpoch} (${electionWords[record.reason] ?? record.reason})`;
    case 'elr-changed':
      return record.lastKnownLeader < 0
        ? `${machine} decides the eligible leader replicas of ${key}: ${brokerSet(membersOf(record.elr))}`
        : `${machine} decides the eligible leader replicas of ${key}: ${brokerSet(membersOf(record.elr))}, ${names.machine(record.lastKnownLeader)} led last`;
    case 'topic-settings-altered':
      return `${machine} decides the settings of ${key}: ${settingWords(record)}`;
    case 'topic-settings-applied':
      return `${machine} goes by these settings of ${key}: ${settingWords(record)}`;
    case 'assignment-changed': {
      const { replicas, adding, removing } = record;
      const change = `, adds ${brokerSet(membersOf(adding))}, removes ${brokerSet(membersOf(removing))}`;
      const isUnderWay = adding !== 0 || removing !== 0;
      return `${machine} assigns ${key} to ${brokerSet(membersOf(replicas))}${isUnderWay ? change : ''}`;
    }
    case 'alter-partition-refused':
      return `${machine} refuses ${names.machine(record.broker)} an ISR of ${key}: ${kafkaError(record.error)}`;
    case 'controller-ready':
      return `${machine} is ready to act (epoch ${record.epoch})`;
    case 'batch-sent':
      return `${machine} → ${names.machine(record.broker)} ${key}, batch of value ${names.value(record.firstValue)}, attempt ${record.attempt}`;
    case 'batch-retried':
      return `${machine} will try the batch of value ${names.value(record.firstValue)} again: ${kafkaError(record.error)}`;
    case 'batch-expired':
      return `${machine} gives the batch of value ${names.value(record.firstValue)} up (delivery.timeout.ms)`;
    case 'leader-learnt':
      return `${machine} learns that ${names.machine(record.leader)} leads ${key} in epoch ${record.leaderEpoch}`;
    case 'producer-id-learnt':
      return `${machine} is producer ${record.producerId}, epoch ${record.producerEpoch}`;
    case 'transaction-pending':
      return `${machine} writes that the transaction of producer ${record.producerId} is ${transactionStates[record.state] ?? record.state}`;
    case 'transaction-marker':
      return `${machine} appends to ${at(record.offset)} that the transaction of producer ${record.producerId} was ${record.committed === 1 ? 'committed' : 'aborted'}`;
    case 'batch-appended':
      return `${machine} appended the batch ${key}@${offsets(record.baseOffset, record.lastOffset)}`;
    case 'fetch-refused':
      return `${machine} refuses ${names.machine(record.sender)} a fetch of ${key}: ${kafkaError(record.error)}`;
    case 'registration-refused':
      return `${machine} refuses ${names.machine(record.broker)} a registration: ${kafkaError(record.error)}`;
    case 'offsets-ended':
      return `${machine} learns that ${key} ends at ${record.endOffset}`;
    case 'group-state':
      return `${machine}: the group is ${groupStates[record.state] ?? record.state} in generation ${record.generation}, members: ${record.members}`;
    case 'member-joined':
      return `${machine} takes ${names.machine(record.client)} into the group${record.isStatic === 1 ? ', under its instance id' : ''}`;
    case 'member-left':
      return `${machine}: a member of generation ${record.generation} is out of the group (${leftWords[record.reason] ?? record.reason})`;
    case 'partition-assigned':
      return `${machine} assigns ${key} to ${names.machine(record.client)} in generation ${record.generation}`;
    case 'partition-released':
      return `${machine}: a member has given up ${key}`;
    case 'group-refused':
      return `${machine} refuses ${names.machine(record.client)} a ${groupRequests[record.api] ?? `request ${record.api}`}: ${kafkaError(record.error)}`;
    case 'offset-pending':
      return `${machine} writes the committed offset ${record.offset} of ${key}`;
    case 'offset-committed':
      return `${machine}: offset ${record.offset} of ${key} is committed`;
    case 'offset-refused':
      return `${machine} refuses ${names.machine(record.client)} to commit an offset of ${key}: ${kafkaError(record.error)}`;
    case 'offset-expired':
      return `${machine} forgets the committed offset of ${key} (offsets.retention.minutes)`;
    case 'partitions-revoked':
      return `${machine} gives up ${record.given} partitions and keeps ${record.kept}${record.lost === 1 ? ': it is no member any more' : ''}`;
    case 'other':
      return `${machine}: ${record.name}`;
  }
}

function offsets(base: number, last: number): string {
  return base === last ? String(base) : `${base}–${last}`;
}

/** "min.insync.replicas=1, unclean.leader.election.enable=false" */
export function settingWords({
  minInsyncReplicas,
  uncleanElections,
}: RecordOf<'topic-settings-altered' | 'topic-settings-applied'>): string {
  return `min.insync.replicas=${minInsyncReplicas}, unclean.leader.election.enable=${uncleanElections === 1}`;
}
