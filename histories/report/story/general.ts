/** Stories of everything else: a cluster that does not come back (stuck), an invariant that fails, and a clean trial. */
import type { JudgedAnomaly } from '../../anomaly.js';
import { lastIndexAt } from '../../trace-record.js';
import { describe } from '../describe.js';
import { baselineLine, clusterLines } from './cluster-lines.js';
import { compose } from './compose.js';
import { draft, type Draft, type Teller } from './teller.js';
import type { Story } from './types.js';

/** What went before an anomaly, for types that have no story of their own. */
export function generalStory(teller: Teller, judged: JudgedAnomaly): Story {
  const { anomaly } = judged;
  const { reader, names } = teller;
  const key = teller.key(anomaly.key);
  const at = Math.max(0, lastIndexAt(reader, anomaly.at));
  const events = anomaly.events.filter((index) => index >= 0 && index < reader.length);
  const drafts: Draft[] = events.map((index) =>
    draft({
      index,
      text: describe(reader.at(index), names),
      role: 'other',
      machine: reader.at(index).machine,
      weight: 10,
    }),
  );
  const last = Math.max(at, ...events);
  drafts.push(...leadingTo(teller, key, last));
  for (const value of anomaly.values) {
    for (const append of reader.scan(['append'], key, 0, last + 1)) {
      if (append.value !== value) continue;
      const role = append.asLeader === 1 ? 'append' : 'other';
      drafts.push(
        draft({ index: append.index, text: describe(append, names), role, machine: append.machine, weight: 6 }),
      );
    }
  }
  const baseline = baselineLine(teller, key, Math.min(last, ...drafts.map((line) => line.index)));
  if (baseline !== null) drafts.push(baseline);
  const { lines, graph } = compose(teller, drafts, [], anomaly.type);
  return {
    headline: sentence(anomaly.story),
    cause: judged.licence === null ? 'No event in this trial permits it.' : `Licensed: ${judged.licence.words}.`,
    lines,
    why: preventionOf(judged),
    graph,
    focus: { key, offsets: anomaly.offsets, values: anomaly.values },
  };
}

/** Which setting would have done. */
export function preventionOf({ anomaly: { preventedBy } }: JudgedAnomaly): string {
  return preventedBy === null
    ? 'No single setting prevents this.'
    : `${preventedBy.setting}=${preventedBy.value} would have prevented it.`;
}

/** After the heal no write gets through: how the partition came to be where it is. */
export function stuckStory(teller: Teller, judged: JudgedAnomaly): Story {
  const { reader, names } = teller;
  const key = teller.key(judged.anomaly.key);
  const at = Math.max(0, lastIndexAt(reader, judged.anomaly.at));
  const healed = reader.firstFrom(['phase'], -1, 0, (record) => record.phase === 2);
  const drafts: Draft[] = [...leadingTo(teller, key, at)];
  if (healed !== null)
    drafts.push(draft({ index: healed.index, text: 'the faults are healed', role: 'heal', weight: 9 }));
  const refused = reader.firstFrom(['refused'], key, healed?.index ?? 0);
  if (refused !== null) {
    drafts.push(
      draft({
        index: refused.index,
        text: describe(refused, names),
        role: 'refuse',
        machine: refused.machine,
        weight: 9,
      }),
    );
  }
  const decision = reader.lastBefore(['partition-changed'], key, at + 1);
  if (decision !== null) {
    drafts.push(
      draft({
        index: decision.index,
        text: describe(decision, names),
        note: 'and so it stays',
        role: 'frozen',
        machine: decision.leader,
        weight: 10,
      }),
    );
  }
  const { lines, graph } = compose(teller, drafts, settingsOf(teller, key), 'no write gets through');
  return {
    headline: sentence(judged.anomaly.story),
    cause:
      decision === null
        ? 'The partition never got a leader.'
        : `The controller's last word: ${describe(decision, names)}.`,
    lines,
    why: `acks=all needs min.insync.replicas (${teller.minInsyncReplicas(key, reader.length) ?? 1}) members in the ISR, and a leader from the ISR, before a write gets through.`,
    graph,
    focus: { key, offsets: [], values: [] },
  };
}

/** The main events of a trial in which nothing went wrong (or all that did was allowed). */
export function overviewStory(teller: Teller, key: number): Story {
  const { reader } = teller;
  const scene = { key, from: 0, to: reader.length - 1, heroes: [] };
  const drafts = clusterLines(teller, scene).filter((line) => line.role !== 'start' || line.weight > 3);
  for (const truncation of reader.scan(['truncate'], key)) {
    const text = describe(truncation, teller.names);
    drafts.push(draft({ index: truncation.index, text, role: 'truncate', machine: truncation.machine, weight: 8 }));
  }
  const { lines, graph } = compose(teller, drafts, [], 'no anomaly');
  return {
    headline: 'Nothing was lost, duplicated or reordered.',
    cause: `What happened to ${teller.names.key(key)} meanwhile:`,
    lines,
    why: '',
    graph: lines.length === 0 ? { nodes: [], edges: [] } : graph,
    focus: { key, offsets: [], values: [] },
  };
}

/** The last things that happened to a partition and its brokers up to a record. */
function leadingTo(teller: Teller, key: number, to: number): readonly Draft[] {
  const lines = clusterLines(teller, { key, from: 0, to, heroes: [] });
  return lines.slice(-10);
}

function settingsOf(teller: Teller, key: number): readonly string[] {
  const least = teller.minInsyncReplicas(key, teller.reader.length);
  return least === null ? [] : [`min.insync.replicas=${least}`];
}

/** A capital letter and a full stop; names ("orders-0") stay as they are. */
export function sentence(text: string): string {
  const capital = /^[a-z]+ /.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
