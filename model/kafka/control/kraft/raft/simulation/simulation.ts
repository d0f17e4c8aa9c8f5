/**
 * A quorum alone in a world of its own: nodes that count, faults drawn from the seed, and invariants that watch. First
 * everything may happen; then all is healed and it must make progress. (RaftEventSimulationTest)
 */
import { KernelProbe, type ProbeListener } from '../../../../../kernel/probes.js';
import type { MachineId } from '../../../../../kernel/process.js';
import type { Stream } from '../../../../../kernel/random.js';
import { createWorld, type World } from '../../../../../kernel/world.js';
import { Probe } from '../../../../probes.js';
import { NO_DIRECTORY, type VoterKey } from '../../../../protocol/metadata-records.js';
import { RaftApi } from '../../../../protocol/raft-messages.js';
import type { DefectId } from '../../../../protocol/versions/defects.js';
import { resolveRules } from '../../../../protocol/versions/resolve.js';
import type { Rules, RuleValues } from '../../../../protocol/versions/rules.js';
import { MAX_FETCH_BYTES, quorumDefaults, type QuorumConfig } from '../config.js';
import { readDirectoryId } from '../directory-id.js';
import type { RaftNode } from '../raft-node.js';
import { CounterNode, type CounterSettings } from './counter-node.js';
import { faultKinds, Faults, LONGEST_FSYNC_MICROS, type FaultPlan, type Injured } from './faults.js';
import { Invariants, Violation, type InvariantName } from './invariants.js';
import { VoterAdmin } from './voter-admin.js';

const SAFETY_MICROS = 30_000_000;
/** Elections and all; a node waits for the fsync that it has begun, be the disk healed or not. */
const PROGRESS_MICROS = 40_000_000 + LONGEST_FSYNC_MICROS;
const LOOK_EVERY_MICROS = 2_000_000;

/** What the caller fixes; the rest is drawn. */
export interface SimulationChoices {
  readonly defects?: readonly DefectId[];
  readonly rules?: Partial<RuleValues>;
  /** Node after node runs one of these releases, in turn. Left out: all run one that is drawn. */
  readonly releases?: readonly string[];
  readonly voters?: number;
  readonly maxFetchBytes?: number;
  readonly appendEveryMicros?: number;
  readonly plan?: Partial<FaultPlan>;
  /** Invariants that nobody watches: those that a defect breaks before the one that matters. */
  readonly without?: readonly InvariantName[];
}

export interface SimulationResult {
  readonly violation: { readonly invariant: InvariantName; readonly message: string; readonly at: number } | null;
  readonly events: number;
  readonly elections: number;
  readonly committed: number;
  readonly snapshotsLoaded: number;
  /** Committed. */
  readonly voterChanges: number;
  readonly disksReplaced: number;
}

interface Drawn {
  readonly voters: number;
  readonly observers: number;
  /** Of the nodes, in turn. */
  readonly rulesOf: readonly Rules[];
  readonly maxFetchBytes: number;
  readonly counter: CounterSettings;
  readonly plan: FaultPlan;
}

export function simulateQuorum(seed: string, choices: SimulationChoices = {}): SimulationResult {
  return new QuorumSimulation(seed, choices).run();
}

/** processKilled: the process ended itself. */
const ENDED_ITSELF = 1;

class QuorumSimulation implements Injured, ProbeListener {
  readonly world: World;
  readonly nodes: readonly MachineId[];
  private readonly invariants: Invariants;
  private readonly faults: Faults;
  private readonly admin: MachineId;
  private readonly mayHalt: boolean;
  private readonly halted = new Set<MachineId>();
  private voterChanges = 0;
  private disksReplaced = 0;
  private readonly haveNewDisks = new Set<MachineId>();
  /** Whose disk was exchanged for an empty one, until it holds again what the old one did, or votes no more. */
  private replaced: MachineId | null = null;

  constructor(seed: string, choices: SimulationChoices) {
    this.world = createWorld({ seed });
    this.world.probes.listen([KernelProbe.processKilled, Probe.quorumVoters], this);
    this.mayHalt = (choices.defects ?? []).length > 0 || choices.rules?.voterIdentity === 'id';
    const dice = this.world.dice('simulation');
    const drawn = draw(dice, choices);
    this.nodes = Array.from({ length: drawn.voters + drawn.observers }, (_, index) => index + 1);
    this.invariants = new Invariants(this.world, this.nodes, choices.without ?? []);
    this.furnish(drawn);
    this.admin = this.world.addMachine({ name: 'admin', program: (host) => new VoterAdmin(host) });
    for (const machine of [...this.nodes, this.admin]) this.world.start(machine);
    this.faults = new Faults(this, drawn.plan, dice);
  }

  run(): SimulationResult {
    let violation: SimulationResult['violation'] = null;
    try {
      this.faults.begin();
      this.runFor(SAFETY_MICROS, () => false);
      this.faults.heal();
      this.makeProgress();
    } catch (failure) {
      if (!(failure instanceof Violation)) throw failure;
      violation = { invariant: failure.invariant, message: failure.message, at: this.world.now };
    }
    const { leaders, committedEnd, snapshotsLoaded } = this.invariants;
    return {
      violation,
      events: this.world.events,
      elections: leaders.size,
      committed: committedEnd,
      snapshotsLoaded,
      voterChanges: this.voterChanges,
      disksReplaced: this.disksReplaced,
    };
  }

  leaders(): readonly MachineId[] {
    return this.nodes.filter((node) => this.node(node)?.raft?.isLeader === true);
  }

  reconfigure(dice: Stream): void {
    const leaders = this.leaders();
    if (leaders.length === 0) return;
    const leader = dice.pick(leaders);
    const { voterKeys } = this.node(leader)!.raft;
    if (this.replaced !== null) {
      this.restore(leader, voterKeys, this.replaced);
      return;
    }
    const others = this.nodes.filter((node) => voterKeys.every(({ id }) => id !== node));
    for (let count = 1 + dice.int(3); count > 0; count--) {
      const adds = others.length > 0 && (voterKeys.length < 3 || dice.chance(1, 2));
      if (adds) {
        this.addVoter(leader, dice.pick(others));
        continue;
      }
      const voter = dice.pick(voterKeys);
      // Of two voters the leader must not go: deposed before the other knows it could neither stand for election itself,
      // as Raft §4.2.2 would have it, nor vote for a shorter log.
      if (voter.id !== leader || voterKeys.length > 2) this.ask(leader, RaftApi.removeVoter, voter);
    }
  }

  /** One at a time, of three voters or more: with two gone, what they alone held would be. */
  replaceDisk(node: MachineId): boolean {
    const { world, invariants } = this;
    const [leader, ...more] = this.leaders();
    if (leader === undefined || more.length > 0) return false;
    const { raft } = this.node(leader)!;
    if (raft.voters.length < 3 || !raft.areVotersCommitted || !this.isRestored(raft)) return false;
    this.replaced = node;
    this.disksReplaced++;
    this.haveNewDisks.add(node);
    invariants.diskReplaced(node);
    world.powerLoss(node);
    world.diskFaults(node).wipe();
    return true;
  }

  private isRestored({ voterKeys }: RaftNode): boolean {
    const { replaced } = this;
    if (replaced === null) return true;
    const key = voterKeys.find(({ id }) => id === replaced);
    if (key !== undefined && (!this.isItsDirectory(key) || !this.invariants.isWhole(replaced))) return false;
    this.replaced = null;
    return true;
  }

  /** As its operator would: the voter that is no more is removed, and added with its new directory. (KIP-853) */
  private restore(leader: MachineId, voterKeys: readonly VoterKey[], replaced: MachineId): void {
    const key = voterKeys.find(({ id }) => id === replaced);
    if (key === undefined) this.addVoter(leader, replaced);
    else if (!this.isItsDirectory(key)) this.ask(leader, RaftApi.removeVoter, key);
  }

  private addVoter(leader: MachineId, id: MachineId): void {
    const directoryId = readDirectoryId(this.world.disk(id));
    if (directoryId !== null) this.ask(leader, RaftApi.addVoter, { id, directoryId });
  }

  private ask(leader: MachineId, kind: number, voter: VoterKey): void {
    (this.world.process(this.admin) as VoterAdmin).ask(leader, kind, voter);
  }

  private isItsDirectory({ id, directoryId }: VoterKey): boolean {
    return directoryId === NO_DIRECTORY || directoryId === readDirectoryId(this.world.disk(id));
  }

  /** Something new is committed, and everybody hears of all of it. */
  private makeProgress(): void {
    const before = this.invariants.committedEnd;
    const isDone = (): boolean => {
      const [leader] = this.leaders();
      if (leader === undefined || this.leaders().length > 1) return false;
      const { highWatermark, epoch } = this.node(leader)!.raft;
      const others = this.nodes.map((node) => this.node(node)?.raft);
      return (
        highWatermark > before + 1 &&
        others.every((raft) => raft !== undefined && raft.epoch === epoch && raft.highWatermark > before)
      );
    };
    if (!this.runFor(PROGRESS_MICROS, isDone)) {
      const states = this.nodes.map((node) => {
        const raft = this.node(node)?.raft;
        return raft === undefined
          ? `${node} down`
          : `${node} ${raft.state.kind} in ${raft.epoch} at ${raft.highWatermark}`;
      });
      this.invariants.fail('progress', `nothing new was committed after the heal: ${states.join('; ')}`);
      return;
    }
    this.invariants.checkLogs();
    this.invariants.checkNothingLost();
  }

  /** @returns whether it was done in time */
  private runFor(micros: number, isDone: () => boolean): boolean {
    const { world, invariants } = this;
    const end = world.now + micros;
    let lookAt = world.now + LOOK_EVERY_MICROS;
    while (world.now < end) {
      if (!world.step()) return false;
      invariants.check();
      if (world.now < lookAt) continue;
      lookAt = world.now + LOOK_EVERY_MICROS;
      invariants.checkLogs();
      this.restartTheHalted();
      if (isDone()) return true;
    }
    return false;
  }

  onProbe(kind: number, machine: number, _key: number, _a: number, why: number): void {
    if (kind === Probe.quorumVoters) this.voterChanges++;
    else if (why === ENDED_ITSELF) this.halted.add(machine);
  }

  /**
   * A node that halts because others broke the rules breaks none itself; but without a defect nobody does, but for who led,
   * lost its disk, and is told by a follower that it leads (KafkaRaftClient.hasConsistentLeader).
   */
  private restartTheHalted(): void {
    for (const node of this.halted) {
      if (!this.mayHalt && !this.haveNewDisks.has(node)) throw new Violation('nobody-halts', `node ${node} did`);
      this.world.start(node);
    }
    this.halted.clear();
  }

  private furnish({ voters, observers, rulesOf, counter, maxFetchBytes }: Drawn): void {
    for (let node = 1; node <= voters + observers; node++) {
      const config: QuorumConfig = {
        nodeId: node,
        voters: this.nodes.slice(0, voters),
        bootstrapServers: this.nodes,
        maxFetchBytes,
        settings: { ...quorumDefaults, 'metadata.log.segment.bytes': 4000, 'metadata.max.retention.bytes': 12_000 },
        rules: rulesOf[(node - 1) % rulesOf.length],
      };
      this.world.addMachine({
        name: `n${node}`,
        program: (host) => new CounterNode(host, config, counter, this.invariants),
      });
    }
  }

  private node(machine: MachineId): CounterNode | undefined {
    return this.world.process(machine) as CounterNode | undefined;
  }
}

/** Swarm: each trial has its own size, its own rules, and faults of its own kinds at its own rate. */
function draw(dice: Stream, choices: SimulationChoices): Drawn {
  const voters = choices.voters ?? dice.pick([1, 2, 3, 3, 3, 4, 5, 5]);
  const version = dice.pick(['3.7', '3.9', '4.0', '4.1']);
  const own: Partial<RuleValues> = { voterIdentity: 'id-and-directory', ...choices.rules };
  const rulesOf = (choices.releases ?? [version]).map((release) => resolveRules(release, own, choices.defects));
  const kinds = faultKinds.filter(() => dice.chance(1, 2));
  return {
    voters,
    observers: dice.int(3),
    rulesOf,
    maxFetchBytes: choices.maxFetchBytes ?? dice.pick([MAX_FETCH_BYTES, 1]),
    counter: {
      appendEveryMicros: choices.appendEveryMicros ?? dice.between(60_000, 600_000),
      snapshotEvery: dice.pick([0, 0, 20, 60]),
    },
    plan: {
      kinds,
      everyMicros: dice.between(200_000, 3_000_000),
      longestMicros: dice.between(200_000, 8_000_000),
      ...choices.plan,
    },
  };
}
