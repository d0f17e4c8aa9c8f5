/**
 * Runs the invariants beside a trial, or over a stored trace. Each probe goes to the shared fold first, then to what is
 * committed, then to the invariants that listen to it: a fold and a few comparisons a probe.
 */
import type { Anomaly } from '../../../histories/anomaly.js';
import type { History, HistoryHeader } from '../../../histories/operation.js';
import type { Trace } from '../../../histories/trace.js';
import { foldedKinds, type NamedProbes, type ProbeListener } from '../probe-kinds.js';
import { hasRule, readsCommitted } from '../settings.js';
import { ClusterFold } from './cluster-fold.js';
import { CommittedLogs } from './committed-logs.js';
import type { Breach, ClusterFacts, Invariant } from './invariant.js';
import type { Recheck } from './from-scratch/recheck.js';
import { invariants as all } from './registry.js';

export interface Invariants extends ProbeListener {
  /** The probes that they listen to. */
  readonly kinds: readonly number[];
}

/** Where the trial is now: virtual microseconds, and the index of the trace record that is being announced. */
export interface TraceClock {
  readonly now: number;
  readonly record: number;
}

export interface InvariantOptions {
  /** Rule highWatermarkGate of the version (KAFKA-15583, 3.7); on unless said otherwise. */
  readonly highWatermarkGate?: boolean;
  /** Rule fetchEpochFencing of the version (KIP-320, 2.1); on unless said otherwise. */
  readonly fetchEpochFencing?: boolean;
  /** Who decided; KRaft unless said otherwise. */
  readonly control?: string | null;
  /** Whether a machine is a consumer that reads committed records alone; none is unless said otherwise. */
  readonly readsCommitted?: (machine: number) => boolean;
  /** Those to run; all unless said otherwise. */
  readonly only?: readonly Invariant[];
  /** Checks them from scratch (from-scratch/recheck.ts): told of every breach, also of what is found again. */
  readonly recheck?: Pick<Recheck, 'told'> | undefined;
}

const nowhere: TraceClock = { now: 0, record: -1 };

/**
 * @param facts the running cluster's view, or facts from a history's header
 * @param probes names and kinds: the system's probes, or a trace header's
 * @param found told of each breach once
 */
export function createInvariants(
  facts: ClusterFacts,
  probes: NamedProbes,
  found: (anomaly: Anomaly) => void,
  clock: TraceClock = nowhere,
  options: InvariantOptions = {},
): Invariants {
  return new RunningInvariants(facts, probes, found, clock, options);
}

/** What the invariants find in a stored trace, with the header of its history for the facts. */
export function checkTrace(trace: Trace, { header }: Pick<History, 'header'>): readonly Anomaly[] {
  const anomalies: Anomaly[] = [];
  const clock = { now: 0, record: -1 };
  const partitions = header.topology?.partitions ?? [];
  const facts: ClusterFacts = {
    keys: trace.header.keys,
    minInsyncReplicas: (key) => partitions[key]?.minInsyncReplicas ?? 1,
    replicas: (key) => partitions[key]?.replicas ?? [],
  };
  const found = (anomaly: Anomaly): number => anomalies.push(anomaly);
  const running = createInvariants(facts, trace.header.probes, found, clock, optionsOf(trace, header));
  const { time, kind, machine, key, a, b, c, d } = trace;
  for (let i = 0; i < trace.length; i++) {
    clock.now = time[i]!;
    clock.record = i;
    running.onProbe(kind[i]!, machine[i]!, key[i]!, a[i]!, b[i]!, c[i]!, d[i]!);
  }
  return anomalies;
}

/** The rules that a trial went by, from the header of its history. */
export function optionsOf({ header: { machines } }: Trace, header: HistoryHeader): InvariantOptions {
  const committed = machines.map(({ name, roles }) => readsCommitted(header, name, roles.includes('helper')));
  return {
    control: header.control,
    highWatermarkGate: hasRule(header, 'highWatermarkGate', true),
    fetchEpochFencing: hasRule(header, 'fetchEpochFencing', true),
    readsCommitted: (machine) => committed[machine] === true,
  };
}

class RunningInvariants implements Invariants {
  readonly kinds: readonly number[];
  private readonly cluster: ClusterFold;
  private readonly committed: CommittedLogs;
  private readonly listeners: ProbeListener[][] = [];
  private readonly reported = new Set<string>();
  private readonly found: (anomaly: Anomaly) => void;
  private readonly clock: TraceClock;
  private readonly recheck: Pick<Recheck, 'told'> | undefined;

  constructor(
    facts: ClusterFacts,
    probes: NamedProbes,
    found: (anomaly: Anomaly) => void,
    clock: TraceClock,
    {
      highWatermarkGate = true,
      fetchEpochFencing = true,
      control = 'kraft',
      readsCommitted: isCommitted = () => false,
      only = all,
      recheck,
    }: InvariantOptions,
  ) {
    this.recheck = recheck;
    const underZooKeeper = control === 'zookeeper';
    this.cluster = new ClusterFold(probes, (machine, key) => facts.replica?.(machine, key), underZooKeeper);
    this.committed = new CommittedLogs(this.cluster);
    this.found = found;
    this.clock = clock;
    const { cluster, committed } = this;
    for (const { id, on, create } of only) {
      const context = {
        cluster,
        committed,
        facts,
        highWatermarkGate,
        fetchEpochFencing,
        restartsUnnoticed: underZooKeeper,
        readsCommitted: isCommitted,
        found: (breach: Breach) => this.report(id, breach),
      };
      const listener = create(context);
      for (const name of on) this.listen(cluster.kinds[name], listener);
    }
    this.kinds = foldedKinds(cluster.kinds);
  }

  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void {
    this.cluster.apply(kind, machine, key, a, b, c, d);
    if (key >= 0) this.committed.apply(kind, machine, key, d);
    const listeners = this.listeners[kind];
    if (listeners === undefined) return;
    for (let i = 0; i < listeners.length; i++) listeners[i]!.onProbe(kind, machine, key, a, b, c, d);
  }

  private listen(kind: number, listener: ProbeListener): void {
    if (kind >= 0) (this.listeners[kind] ??= []).push(listener);
  }

  /**
   * A broken state stays broken for many probes: each breach is told once in a leader epoch. All are told, however many:
   * which of them tell nothing new is known only when each has been judged.
   */
  private report(type: string, { key, machine, offsets, values, story }: Breach): void {
    this.recheck?.told(type, key, story);
    const epoch = key < 0 ? -1 : this.cluster.partition(key).leaderEpoch;
    const what = offsets.length === 0 ? story : `${offsets[0]}|${values.join(',')}`;
    const identity = `${type}|${key}|${machine ?? -1}|${epoch}|${what}`;
    if (this.reported.has(identity)) return;
    this.reported.add(identity);
    const { now, record } = this.clock;
    const events = record < 0 ? [] : [record];
    const replica = machine === undefined ? {} : { machine };
    this.found({ type, key, ...replica, offsets, operations: [], values, events, at: now, story, preventedBy: null });
  }
}
