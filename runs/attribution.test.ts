import { describe, expect, it } from 'vitest';
import type { JudgedAnomaly } from '../histories/anomaly.js';
import { knownBugsOf } from '../model/kafka/protocol/versions/known-bugs.js';
import { attribute, attributeFailures, catalogueEntries } from './attribution.js';
import type { Engine, Trial } from './engine.js';
import { simulation } from './simulation.js';
import { loadSpec } from './spec/load.js';
import { rulesOf } from './spec/resolve.js';
import type { Spec } from './spec/spec.js';
import { trialRow } from './testing/rows.js';

const never = new AbortController().signal;

/** As ZooKeeper's brokers were up to 2.1: nobody notices that one came back before its session had ended (KIP-380). */
function unnoticedRestarts(): Spec {
  const set = ['rule:broker-epoch-in-control-requests=false', 'rule:reclaims-broker-node=false'];
  return loadSpec({ input: 'durable', kafka: '3.9', control: 'zookeeper', set }).spec;
}

describe('a bug of a release', () => {
  it('is named if the same trial without it is none: a broker that came back unnoticed (KIP-380)', () => {
    const spec = unnoticedRestarts();
    const trial = simulation.runTrial(spec, '2', simulation.draw(spec, '2'));
    expect(trial.row.verdict).toBe('bug');
    const { remedies, entry } = attribute(simulation, trial).get('stuck')!;
    expect({ remedies, entry }).toEqual({
      entry: 'B32',
      remedies: [{ kind: 'rule', rule: 'brokerEpochInControlRequests', value: true }],
    });
  });

  it('is not looked for in a trial without one', () => {
    const spec = unnoticedRestarts();
    const trial = simulation.runTrial(spec, '1', simulation.draw(spec, '1'));
    const noTrial = { runTrial: () => expect.unreachable('a clean trial was run again') };
    expect([trial.row.verdict, attribute(noTrial, trial).size]).toEqual(['clean', 0]);
  });

  it('is named by seed: those of the same cause share the name, and what is no bug has none', () => {
    const spec = unnoticedRestarts();
    const stuck = { id: 'stuck', requirement: 'writable-again', licence: 'none', words: 'stuck' };
    const failures = Array.from({ length: 20 }, (_, seed) =>
      trialRow(String(seed), { verdict: seed === 3 ? 'unsafe' : 'bug', causes: seed === 5 ? [] : [stuck] }),
    );
    let ran = 0;
    const found = attributeFailures(
      stuckWithoutBrokerEpochs(() => ran++),
      spec,
      spec,
      failures,
      never,
    );
    const named = [...found].map(([seed, bugs]) => `${seed} ${catalogueEntries(bugs)}`);
    expect(named).toEqual(failures.filter(({ verdict }) => verdict === 'bug').map(({ seed }) => `${seed} B32`));
    expect(ran).toBe(12 * (1 + knownBugsOf(rulesOf(spec), 'zookeeper').length));
  });
});

/** Every trial is stuck under KIP-380's rule of old, and none is without it. */
function stuckWithoutBrokerEpochs(ran: () => void): Pick<Engine, 'runTrial' | 'draw'> {
  const stuck = { judgement: 'bug', anomaly: { type: 'stuck' } } as JudgedAnomaly;
  return {
    draw: (spec, seed) => simulation.draw(spec, seed),
    runTrial: (spec, seed, plan) => {
      ran();
      const anomalies = spec.rules['broker-epoch-in-control-requests'] === true ? [] : [stuck];
      return { spec, seed, plan, verdict: { anomalies } } as unknown as Trial;
    },
  };
}
