/**
 * An engine without a cluster, for tests of the commands: a trial is a function of its spec and seed. Under acks=1 every
 * third seed loses a write; seeds that begin with `bug` break a guarantee, and those with `odd` are undecided.
 */
import { createHash } from 'node:crypto';
import type { JudgedAnomaly, Verdict } from '../../histories/anomaly.js';
import { finalRead, historyOf, send } from '../../histories/builders.js';
import { storyOf } from '../../histories/report/story.js';
import { TraceColumns } from '../../histories/trace-columns.js';
import type { Plan } from '../../nemesis/plan.js';
import type { CampaignInput, Engine, OnTrial, Trial } from '../engine.js';
import { isExpected } from '../expectation.js';
import { resolveCluster } from '../spec/resolve.js';
import type { Spec } from '../spec/spec.js';
import { trialRow } from './rows.js';

export const fakeEngine: Engine = {
  draw,
  runTrial: (spec, seed, plan) => runTrial(spec, seed, plan, 0),
  runCampaign,
  shrink: (trial, target, attempts) => {
    const plan = { ...trial.plan, strikes: trial.plan.strikes.slice(0, 1), workload: trial.plan.workload.slice(0, 1) };
    const smallest = runTrial(trial.spec, trial.seed, plan, 0);
    const anomaly = smallest.verdict.anomalies.find((judged) => judged.anomaly.type === target.type)!;
    const before = { faultsBefore: trial.plan.strikes.length, sendsBefore: trial.plan.workload.length };
    return Promise.resolve({ trial: smallest, anomaly, attempts: Math.min(attempts, 7), ...before });
  },
  story: (trial, judged) => storyOf(trial.history, trial.trace, judged),
};

function draw(spec: Spec, seed: string): Plan {
  const killed = {
    fault: 'leader-killed',
    target: { kind: 'role', role: 'leader', key: 0, pick: 0.5 },
    with: {},
  } as const;
  return {
    format: 'harrow/plan',
    version: 1,
    profile: spec.profile,
    strikes: [0.2, 0.6].map((at) => ({ ...killed, when: { at, for: 1_000_000 } })),
    workload: [1, 2, 3].map((value) => ({ at: value, client: 0, f: 'send', topic: 0, recordKey: seed, value })),
    settings: {},
    healAll: true,
    healPick: 0,
  };
}

async function runCampaign(
  input: CampaignInput,
  onTrial: OnTrial,
): Promise<{ ended: 'all' | 'bail' | 'interrupted'; workers: number }> {
  let failures = 0;
  for (const seed of input.seeds) {
    if (input.stop.aborted) return { ended: 'interrupted', workers: input.workers };
    if (input.bail !== null && failures >= input.bail) return { ended: 'bail', workers: input.workers };
    const plan = draw(input.base, seed);
    input.variants.forEach((spec, variant) => {
      const { row } = runTrial(spec, seed, plan, variant);
      if (row.verdict !== 'clean' && !row.expected) failures++;
      onTrial(row);
    });
    await Promise.resolve();
  }
  return { ended: 'all', workers: input.workers };
}

function runTrial(spec: Spec, seed: string, plan: Plan, variant: number): Trial {
  const key = `${spec.topics[0]!.name}-0`;
  const loses = resolveCluster(spec).producers[0]!.settings.acks !== -1 && Number(seed) % 3 === 0;
  const verdict: Verdict = seed.startsWith('bug')
    ? 'bug'
    : seed.startsWith('odd')
      ? 'undecided'
      : loses
        ? 'unsafe'
        : 'clean';
  const anomalies = verdict === 'unsafe' || verdict === 'bug' ? [lostWrite(verdict)] : [];
  const reasons = verdict === 'undecided' ? ['nothing was read'] : [];
  const judged = { verdict, reasons, anomalies };
  const header = {
    name: spec.name,
    seed,
    settings: { acks: String(resolveCluster(spec).producers[0]!.settings.acks) },
  };
  const operations = [send(key, 1).ok(0), finalRead(key, 1, ...(loses ? [] : [[0, 1] as const]))];
  const digest = createHash('sha256')
    .update(JSON.stringify([seed, plan.strikes, plan.workload, verdict]))
    .digest('hex');
  const failing = anomalies.map(({ anomaly, requirement, licence, guarantee }) => ({
    id: anomaly.type,
    requirement: requirement ?? guarantee!,
    licence: licence?.row ?? 'none',
    words: licence?.words ?? 'nothing licenses it',
  }));
  const row = trialRow(seed, {
    variant,
    verdict,
    reasons,
    digest,
    anomalies: anomalies.map(({ anomaly }) => anomaly.type),
    causes: failing,
    expected: isExpected(spec, judged),
  });
  return {
    spec,
    seed,
    plan,
    row,
    verdict: judged,
    history: historyOf(operations, header, [key]),
    trace: emptyTrace(key),
  };
}

function lostWrite(verdict: 'unsafe' | 'bug'): JudgedAnomaly {
  return {
    anomaly: {
      type: 'lost-write',
      key: 0,
      offsets: [0],
      operations: [0],
      values: [],
      events: [],
      at: 4_213_000,
      story: 'value 1 was acknowledged at offset 0 and is on no replica',
      preventedBy: { setting: 'acks', value: 'all' },
    },
    judgement: verdict,
    licence:
      verdict === 'bug' ? null : { row: 'acks-1-leader-change', words: 'acks=1 and a change of leader', event: -1 },
    requirement: verdict === 'bug' ? null : 'no-lost-writes',
    guarantee: verdict === 'bug' ? 'acks-all' : null,
  };
}

/** One machine and one partition, to which nothing happens. */
function emptyTrace(key: string): TraceColumns {
  const trace = new TraceColumns();
  trace.header = {
    probes: [],
    machines: [
      { name: '', roles: [] },
      { name: 'b1', roles: ['broker'] },
    ],
    keys: [key],
    faults: [],
  };
  return trace;
}
