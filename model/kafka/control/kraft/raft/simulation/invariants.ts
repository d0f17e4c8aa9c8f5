/**
 * What must hold of the quorum, whatever happens to its nodes: at least what Kafka's own RaftEventSimulationTest demands.
 * They see all nodes and all disks. Cheap ones are looked at after every event; the logs as a whole from time to time.
 */
import { ENTRY_OK, type Disk } from '../../../../../kernel/disk.js';
import type { MachineId } from '../../../../../kernel/process.js';
import type { World } from '../../../../../kernel/world.js';
import type { MetadataBatch, MetadataSnapshot } from '../../../../protocol/raft-messages.js';
import { majorityOf } from '../voter-sets.js';
import type { CounterNode, CounterWatch } from './counter-node.js';

export type InvariantName =
  | 'monotonic-epoch'
  | 'monotonic-high-watermark'
  | 'single-leader'
  | 'majority-reached-high-watermark'
  | 'consistent-committed-data'
  | 'leader-completeness'
  | 'leader-caught-up'
  | 'log-matching'
  | 'snapshot-at-log-start'
  | 'leader-never-loads-snapshot'
  | 'nobody-halts'
  | 'progress';

export class Violation extends Error {
  readonly invariant: InvariantName;
  constructor(invariant: InvariantName, what: string) {
    super(`${invariant}: ${what}`);
    this.invariant = invariant;
  }
}

/** What was seen last of a node. */
interface Seen {
  process: CounterNode | undefined;
  epoch: number;
  highWatermark: number;
  voters: readonly MachineId[];
}

export class Invariants implements CounterWatch {
  /** End of what anybody was told to be committed. */
  committedEnd = 0;
  /** Elections won. */
  readonly leaders = new Map<number, MachineId>();
  snapshotsLoaded = 0;
  private readonly world: World;
  private readonly nodes: readonly MachineId[];
  private readonly seen: Seen[];
  /** By node: how far its disk reached that was exchanged for an empty one. */
  private readonly gone = new Map<MachineId, number>();
  private readonly without: readonly InvariantName[];
  /** By base offset. */
  private readonly committedBatches = new Map<number, MetadataBatch>();
  /** By epoch and base offset. */
  private readonly written = new Map<number, MetadataBatch>();

  constructor(world: World, nodes: readonly MachineId[], without: readonly InvariantName[]) {
    this.world = world;
    this.nodes = nodes;
    this.without = without;
    this.seen = nodes.map(() => ({ process: undefined, epoch: 0, highWatermark: 0, voters: [] }));
  }

  /** Unless nobody watches this one. */
  fail(invariant: InvariantName, what: string): void {
    if (!this.without.includes(invariant)) throw new Violation(invariant, what);
  }

  // ---------------------------------------------------------------------- after every event

  check(): void {
    for (let i = 0; i < this.nodes.length; i++) this.checkNode(this.nodes[i], this.seen[i]);
  }

  private checkNode(machine: MachineId, seen: Seen): void {
    const process = this.world.process(machine) as CounterNode | undefined;
    if (process?.raft === undefined) return;
    if (process !== seen.process) {
      seen.process = process;
      seen.highWatermark = 0;
    }
    const { raft } = process;
    if (raft.epoch !== seen.epoch) this.checkEpoch(machine, seen, raft.epoch);
    if (raft.isLeader && this.leaders.get(raft.epoch) !== machine) this.checkElection(machine, process);
    if (raft.highWatermark !== seen.highWatermark) this.checkHighWatermark(machine, seen, process);
    seen.voters = raft.voters;
  }

  private checkEpoch(machine: MachineId, seen: Seen, epoch: number): void {
    if (epoch < seen.epoch) this.fail('monotonic-epoch', `node ${machine} went back from ${seen.epoch} to ${epoch}`);
    seen.epoch = epoch;
  }

  private checkElection(machine: MachineId, { raft }: CounterNode): void {
    const other = this.leaders.get(raft.epoch);
    if (other !== undefined) {
      this.fail('single-leader', `nodes ${other} and ${machine} both led in epoch ${raft.epoch}`);
    }
    this.leaders.set(raft.epoch, machine);
    if (raft.log.endOffset < this.committedEnd) {
      this.fail(
        'leader-completeness',
        `node ${machine} leads with ${raft.log.endOffset} of ${this.committedEnd} committed records`,
      );
    }
  }

  private checkHighWatermark(machine: MachineId, seen: Seen, { raft }: CounterNode): void {
    const { highWatermark } = raft;
    if (highWatermark < seen.highWatermark) {
      this.fail(
        'monotonic-high-watermark',
        `that of node ${machine} went back from ${seen.highWatermark} to ${highWatermark}`,
      );
    }
    seen.highWatermark = highWatermark;
    if (!raft.isLeader) return;
    // In one event a leader may count what the voters hold, and then write down others.
    if (this.isHeld(highWatermark, raft.voters) || this.isHeld(highWatermark, seen.voters)) return;
    this.fail(
      'majority-reached-high-watermark',
      `node ${machine} moved it to ${highWatermark}, which no majority of ${raft.voters.join(', ')} holds`,
    );
  }

  /** By a majority, on their platters: not as they say. */
  private isHeld(highWatermark: number, voters: readonly MachineId[]): boolean {
    const holders = voters.filter((voter) => this.heldBy(voter) >= highWatermark);
    return holders.length >= majorityOf(voters.length);
  }

  private heldBy(node: MachineId): number {
    return Math.max(durableEnd(this.world.disk(node)), this.gone.get(node) ?? 0);
  }

  /** Before it is. What the old one held it may have said to hold; and the node knows nothing of epochs any more. */
  diskReplaced(machine: MachineId): void {
    this.gone.set(machine, this.heldBy(machine));
    this.seen[this.nodes.indexOf(machine)].epoch = 0;
  }

  /** It holds on its disk all that is committed. */
  isWhole(machine: MachineId): boolean {
    return durableEnd(this.world.disk(machine)) >= this.committedEnd;
  }

  // ---------------------------------------------------------------------- what state machines are told

  committed(node: CounterNode, batch: MetadataBatch): void {
    const known = this.committedBatches.get(batch.baseOffset);
    if (known === undefined) {
      if (batch.baseOffset < this.committedEnd) {
        this.fail('consistent-committed-data', `node ${node.host.id} read a batch at ${batch.baseOffset} of its own`);
      }
      this.committedBatches.set(batch.baseOffset, batch);
      this.committedEnd = batch.baseOffset + batch.records.length;
    } else if (known !== batch) {
      this.fail(
        'consistent-committed-data',
        `at ${batch.baseOffset} node ${node.host.id} read a batch of epoch ${batch.leaderEpoch}, another one of epoch ${known.leaderEpoch}`,
      );
    }
  }

  snapshotLoaded(node: CounterNode, { endOffset }: MetadataSnapshot): void {
    this.snapshotsLoaded++;
    if (endOffset > this.committedEnd) {
      this.fail(
        'consistent-committed-data',
        `a snapshot ends at ${endOffset}, the committed log at ${this.committedEnd}`,
      );
    }
    if (node.leadingEpoch >= 0) this.fail('leader-never-loads-snapshot', `node ${node.host.id} did`);
  }

  /**
   * A state machine that believes itself in charge has heard all that was committed in epochs before its own. Of later ones
   * it cannot know: it may have been paused, and deposed meanwhile.
   */
  leads(node: CounterNode, epoch: number): void {
    if (node.raft === undefined) return;
    const { highWatermark } = node.raft;
    for (const [baseOffset, { leaderEpoch, records }] of this.committedBatches) {
      if (leaderEpoch >= epoch || baseOffset + records.length <= highWatermark) continue;
      this.fail(
        'leader-caught-up',
        `node ${node.host.id} acts in epoch ${epoch} on ${highWatermark} records, and has not heard of that at ${baseOffset}`,
      );
    }
  }

  // ---------------------------------------------------------------------- the logs as a whole

  /** Of any two logs: where they hold the same offset of the same epoch, they hold the same. */
  checkLogs(): void {
    for (const machine of this.nodes) {
      const process = this.world.process(machine) as CounterNode | undefined;
      if (process?.raft === undefined) continue;
      const { log } = process.raft;
      if (log.startOffset > 0 && log.snapshots[0]?.endOffset !== log.startOffset) {
        this.fail('snapshot-at-log-start', `the log of node ${machine} begins at ${log.startOffset}`);
      }
      for (const batch of log.read(log.startOffset)) this.checkBatch(machine, batch, process.raft.highWatermark);
    }
  }

  private checkBatch(machine: MachineId, batch: MetadataBatch, highWatermark: number): void {
    const key = batch.leaderEpoch * 0x100000000 + batch.baseOffset;
    const same = this.written.get(key);
    if (same === undefined) this.written.set(key, batch);
    else if (same !== batch) {
      this.fail(
        'log-matching',
        `two batches at ${batch.baseOffset} of epoch ${batch.leaderEpoch}, one on node ${machine}`,
      );
    }
    if (batch.baseOffset >= highWatermark) return;
    const committed = this.committedBatches.get(batch.baseOffset);
    if (committed !== undefined && committed !== batch) {
      this.fail('consistent-committed-data', `node ${machine} holds another batch at ${batch.baseOffset}`);
    }
  }

  /** Everybody holds all that was ever committed. After healing. */
  checkNothingLost(): void {
    for (const machine of this.nodes) {
      const { log, highWatermark } = (this.world.process(machine) as CounterNode).raft;
      for (const [baseOffset, batch] of this.committedBatches) {
        if (baseOffset < log.startOffset || baseOffset >= highWatermark) continue;
        if (log.read(baseOffset, baseOffset + 1)[0] !== batch) {
          this.fail('consistent-committed-data', `node ${machine} has lost the committed batch at ${baseOffset}`);
        }
      }
    }
  }
}

/** End of what would survive a power loss, counting a snapshot for what it stands for. */
function durableEnd(disk: Disk): number {
  let end = 0;
  for (const path of disk.list('__cluster_metadata-0')) {
    const file = disk.open(path);
    if (file.synced === 0 || file.state(file.synced - 1) !== ENTRY_OK) continue;
    if (path.endsWith('.log')) {
      const last = file.read(file.synced - 1) as MetadataBatch;
      end = Math.max(end, last.baseOffset + last.records.length);
    } else if (path.endsWith('.checkpoint')) {
      end = Math.max(end, (file.read(0) as MetadataSnapshot).endOffset);
    }
  }
  return end;
}
