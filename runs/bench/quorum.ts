/**
 * The metadata quorum alone, under faults, for many seeds: `npm run quorum -- --seeds 10000 [--defect B41]`. Prints what was
 * reached; exits 1 at the first seeds that break an invariant, or if a defect that should break one does not.
 */
import { parseArgs } from 'node:util';
import { defectIds, type DefectId } from '../../model/kafka/protocol/versions/defects.js';
import { simulateQuorum, type SimulationChoices } from '../../model/kafka/control/kraft/raft/simulation/simulation.js';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '10000' },
    from: { type: 'string', default: '0' },
    defect: { type: 'string', multiple: true, default: [] },
    without: { type: 'string', multiple: true, default: [] },
  },
});
const seeds = Number(values.seeds);
const from = Number(values.from);
const choices: SimulationChoices = {
  defects: defectIds.filter((id: DefectId) => values.defect.includes(id)),
  without: values.without as SimulationChoices['without'] & object,
};

const started = process.cpuUsage();
const broken = new Map<string, { count: number; seed: number; message: string }>();
let events = 0;
let elections = 0;
let committed = 0;
let snapshots = 0;
let voterChanges = 0;
let disksReplaced = 0;
for (let seed = from; seed < from + seeds; seed++) {
  const result = simulateQuorum(String(seed), choices);
  events += result.events;
  elections += result.elections;
  committed += result.committed;
  snapshots += result.snapshotsLoaded;
  voterChanges += result.voterChanges;
  disksReplaced += result.disksReplaced;
  if (result.violation === null) continue;
  const { invariant, message } = result.violation;
  const known = broken.get(invariant);
  if (known === undefined) broken.set(invariant, { count: 1, seed, message });
  else known.count++;
}
const { user, system } = process.cpuUsage(started);
const cpuSeconds = (user + system) / 1_000_000;

console.log(
  `${seeds} seeds: ${elections} elections, ${committed} records committed, ${snapshots} snapshots loaded, ` +
    `${voterChanges} changes of voters, ${disksReplaced} disks replaced, ${events} events in ${cpuSeconds.toFixed(1)} CPU-seconds`,
);
for (const [invariant, { count, seed, message }] of broken) {
  console.log(`${invariant}: broken by ${count} seeds, first by ${seed}: ${message}`);
}
const isExpected = values.defect.length > 0;
process.exitCode = broken.size > 0 === isExpected ? 0 : 1;
