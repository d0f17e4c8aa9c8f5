/** What is said of a lost record: the headline, how it came about, and why that could happen. */
import type { JudgedAnomaly } from '../../anomaly.js';
import type { Operation } from '../../operation.js';
import { acksWord, capital, seconds } from '../words.js';
import type { Loss } from './loss.js';
import { hasLostPower } from './loss-cause.js';
import { holdersAt } from './record-fate.js';
import type { Teller } from './teller.js';

export function headlineOf(
  teller: Teller,
  judged: JudgedAnomaly,
  loss: Loss,
  operation: Operation | null,
  value: number,
  offset: number,
): string {
  const { names, reader, history } = teller;
  const key = teller.key(judged.anomaly.key);
  const words = teller.recordWords(key, offset, value, operation);
  const holders = holdersAt(loss.fate, reader.length - 1);
  const acknowledged = operation?.outcome === 'ok' || loss.acknowledgement !== null ? 'acknowledged ' : '';
  if (judged.anomaly.type === 'inconsistent-offsets') {
    const others = judged.anomaly.values.filter((other) => other !== value);
    if (loss.rival !== null) return differingHeadline(teller, loss, value, offset);
    return `${names.record(key, offset)} held two records: value ${history.valueName(value)}, ${acknowledged === '' ? 'once readable' : 'acknowledged'}, and now value ${others.map((other) => history.valueName(other)).join(', ')}.`;
  }
  if (loss.copy === null) return `The ${acknowledged}record ${words} was never appended by any broker.`;
  if (holders.length === 0) return `The ${acknowledged}record ${words} is on no replica.`;
  return `The ${acknowledged}record ${words} was never read; it is on ${names.machines(holders)}.`;
}

/** Who has which of the two at the end. */
function differingHeadline({ names, reader, history }: Teller, loss: Loss, value: number, offset: number): string {
  const { key } = loss.fate;
  const rival = loss.rival!;
  const holders = names.machines(holdersAt(loss.fate, reader.length - 1));
  const other = `value ${history.valueName(rival.value)} on ${names.machine(rival.machine)}`;
  return `${names.record(key, offset)} is two records for good: value ${history.valueName(value)} on ${holders}, ${other}.`;
}

export function causeSentence(teller: Teller, loss: Loss, operation: Operation | null): string {
  const { names } = teller;
  const { copy, acknowledgement, takeover } = loss;
  if (copy === null || acknowledgement === null) return `${capital(loss.cause.sentence)}.`;
  const acknowledger = names.machine(acknowledgement.machine);
  const heardAt = operation !== null && operation.completedAt >= 0 ? operation.completedAt : acknowledgement.time;
  const at = `at ${seconds(heardAt)} s`;
  const holders = holdersAt(loss.fate, acknowledgement.index, copy);
  const from = holders.length <= 1 ? `from ${acknowledger} alone` : `from ${names.machines(holders)}`;
  const opening = `acks=${acksWord(acknowledgement.acks)} acknowledged it ${at} ${from}`;
  if (takeover === null) return `${opening}; ${loss.cause.sentence}.`;
  const successor = names.machine(takeover.leader);
  if (loss.cause.id === 'unclean-election') {
    return `${opening}; ${successor}, outside the ISR, was elected uncleanly without it, and the others truncated.`;
  }
  if (loss.dataLost !== null) {
    const others = holders.filter((machine) => machine !== takeover.leader);
    const rest = others.length === 0 ? '' : `, and ${names.machines(others)} truncated to match`;
    const how = hasLostPower(teller.reader, loss.dataLost) ? 'lost power' : 'lost a disk';
    return `${opening}; ${successor}, the last in the ISR, ${how}, came back without it and led${rest}.`;
  }
  const went: Readonly<Record<string, string>> = {
    'cut-off': 'was cut off',
    killed: 'was killed',
    'lost-power': 'lost power',
    paused: 'was paused',
    'stepped-down': 'gave up the lead',
  };
  const end = loss.goneIndex >= 0 && loss.departure !== 'lost-power' ? `, ${acknowledger} truncated` : '';
  return `${opening}; ${acknowledger} ${went[loss.departure ?? 'stepped-down']}, ${successor} took over without it${end}.`;
}

export function whyOf(teller: Teller, loss: Loss): string {
  const acks =
    loss.acknowledgement?.acks ?? (teller.setting('acks') === 'all' ? -1 : Number(teller.setting('acks') ?? -1));
  if (acks === 0) {
    return 'acks=0 takes a write as done once it is handed to the socket: nobody is asked, and nothing lost is sent again.';
  }
  switch (loss.cause.id) {
    case 'replicas-differ':
      return "A follower cuts its log where its leader's answer says that the logs part (truncation, epoch by epoch). Here it went on above a record that its leader does not have: nothing compares the two logs again.";
    case 'never-read':
      return 'The record is where it should be; a read that should have shown it did not.';
    case 'deleted-by-policy':
      return 'retention.ms and retention.bytes delete whole segments, read or not; DeleteRecords deletes what an administrator names.';
    case 'damaged-replica':
      return 'A broker checks its log above the recovery point only, and only after a crash. Below it a damaged batch shows when it is read (CORRUPT_MESSAGE); the other replicas still have the record.';
    case 'damaged-log':
      return 'Recovery drops everything from the first batch with a wrong CRC on. An ISR never becomes empty: its last member may lead again with what is left, and the others follow it; eligible leader replicas (KIP-966) close this hole.';
    case 'unclean-election':
      return 'unclean.leader.election.enable=true lets a replica outside the ISR lead; what it lacks is gone, acknowledged or not.';
    case 'last-known-leader':
      return 'Whoever comes back from a stop that was not in order, a kill or power loss, is no eligible leader any more, whether or not it lost anything (KIP-966). Once none is left the last leader is elected, with whatever its disk has kept; flush.messages=1 would have kept all.';
    case 'last-replica-lost-power':
      return 'An ISR never becomes empty: its last member stays in it even while it is down, and only it may lead again. Brokers do not sync on the produce path (flush.messages), so power loss takes what only the page cache held; eligible leader replicas (KIP-966) close this hole.';
    case 'last-replica-disk-returned':
      return 'An ISR never becomes empty: its last member stays in it even while its disk is away, and only it may lead again, with what the disk had been given to keep (flush.messages); eligible leader replicas (KIP-966) close this hole.';
    case 'last-replica-lost-disk':
      return 'An ISR never becomes empty: its last member stays in it even while it is down, and only it may lead again, with an empty disk too; eligible leader replicas (KIP-966) close this hole.';
    case 'alone-lost-power':
    case 'alone-disk-returned':
      if (acks === 1) break;
      return `min.insync.replicas=${leastInSync(teller, loss)} lets one broker satisfy acks=all once the ISR has shrunk to it; what only its page cache held went with its ${loss.cause.id === 'alone-lost-power' ? 'power' : 'disk'}.`;
  }
  if (acks === 1) {
    return 'acks=1 acknowledges before replication; min.insync.replicas is checked only for acks=all.';
  }
  return 'acks=all waits for every member of the ISR, and only its members may lead: this should not have happened.';
}

export function endWords(teller: Teller, loss: Loss): string {
  const held = holdersAt(loss.fate, teller.reader.length - 1).length > 0;
  return held ? 'the record was not read' : 'the record is on no replica';
}

/** Causes that a flush on every message would have prevented. */
const NEVER_SYNCED: ReadonlySet<string> = new Set([
  'last-replica-lost-power',
  'last-replica-disk-returned',
  'last-known-leader',
]);

/** Settings that the graph shows as roots. */
export function settingsOf(teller: Teller, loss: Loss): readonly string[] {
  const acks = loss.acknowledgement?.acks;
  if (loss.cause.id === 'unclean-election') return ['unclean.leader.election.enable=true'];
  if (NEVER_SYNCED.has(loss.cause.id)) return ['flush.messages: never synced'];
  const settings = [`acks=${acks === undefined ? teller.setting('acks') : acksWord(acks)}`];
  if (acks === -1) settings.push(`min.insync.replicas=${leastInSync(teller, loss)}`);
  return settings;
}

/** As it was when the record was acknowledged, or in the end. */
function leastInSync(teller: Teller, { acknowledgement }: Loss): string | number | boolean {
  if (acknowledgement === null) return teller.setting('min.insync.replicas') ?? 1;
  return teller.minInsyncReplicas(acknowledgement.key, acknowledgement.index) ?? 1;
}
