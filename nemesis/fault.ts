/**
 * A fault: one way of breaking the world, said in the user's words.
 *
 * To add one: a file in `faults/` and a line in `registry.ts`. A fault acts on the world through its `FaultSurface` alone,
 * which remembers what it did. So every fault ends, heals machine by machine and accounts for its effect in the same way,
 * and a machine that two faults hold down comes back when the second lets go.
 */
import fc, { type Arbitrary } from 'fast-check';
import type { MessageMatch } from '../model/kernel/network.js';
import type { MachineId } from '../model/kernel/process.js';
import type { Stream } from '../model/kernel/random.js';
import type { AlteredSettings, RoleName, Upgrades } from '../model/system.js';

/** Parameters of a strike, as they are written in a spec and saved in a plan. */
export type Parameters = Readonly<Record<string, number | string>>;

/** The cluster's shape, as far as drawing a fault needs it. */
export interface Topology {
  readonly brokers: number;
  /** Machines of control that are no brokers. */
  readonly controllers: number;
  /** ZooKeeper servers among them. */
  readonly zookeeperServers: number;
  readonly producers: number;
  readonly consumers: number;
  /** Clients that write in transactions. */
  readonly transactional: number;
  /** How many racks the brokers stand in; 0: in none. */
  readonly racks: number;
  /** How many log directories, each a disk of its own, a broker has. */
  readonly logDirs: number;
  /** Names of what is replicated, by key: 'orders-0'. */
  readonly keys: readonly string[];
}

/** What a fault breaks. The `network` profile draws from the first alone. */
export type FaultFamily = 'network' | 'process' | 'power' | 'disk' | 'clock';

/** What a fault may take from the disks of its targets: nothing, what was not fsynced, or anything. */
export type Harm = 'nothing' | 'unsynced' | 'anything';

/** A part of a replica's log on a disk. */
export type LogPart = 'active' | 'old' | 'any';

/** One of some words, or a whole number between two bounds, both included; with both, either. With neither: any name. */
export interface FaultParameter {
  readonly name: string;
  readonly sentence: string;
  readonly oneOf?: readonly string[];
  readonly range?: readonly [min: number, max: number];
}

export interface Fault<P extends Parameters = Parameters> {
  /** kebab-case, by what happens and to whom: 'leader-cut-off'. */
  readonly name: string;
  readonly sentence: string;
  readonly family: FaultFamily;
  /** Whom it strikes, unless the spec names a machine or another role. */
  readonly role: RoleName;
  readonly harm: Harm;
  /** Its targets' processes end without order, though nothing that they wrote is lost: kill -9. */
  readonly stopsUncleanly?: true;
  /** Drawn only where there is such a thing; a strike that a spec asks for elsewhere says why it cannot be. */
  readonly needs?: 'zookeeper' | 'consumers' | 'racks' | 'transactions' | 'log-dirs';
  /** It is no fault but an administrator's doing: drawn only where a spec lists it. */
  readonly drawnIfListed?: true;
  /** What is said of it is said of what is replicated, not of the machine that plays the role. */
  readonly befalls?: 'key';
  /** A request can be carried out after its client has stopped waiting for it. */
  readonly delaysRequests: boolean;
  /** On a fault band in a picture: one or two words. */
  readonly label: string;
  /** Hue of the band, 0..359; families lie close together. */
  readonly hue: number;
  readonly parameters: readonly FaultParameter[];
  /** How parameters are drawn. Only `map` with an unmapper, no `chain`: saved parameters shrink by it. */
  arbitrary(topology: Topology): Arbitrary<P>;
  /** True, or why it cannot strike these machines now. */
  available(view: FaultView, targets: readonly MachineId[], parameters: P): true | string;
  /** On whose lanes it is drawn; its targets unless said otherwise. */
  touches?(view: FaultView, targets: readonly MachineId[], parameters: P): readonly MachineId[];
  begin(surface: FaultSurface, targets: readonly MachineId[], parameters: P): void;
  /** For faults of several steps. Called at once after `begin` and again after as many microseconds as it returns; 0: it is over. */
  proceed?(surface: FaultSurface, parameters: P): number;
  /** What happens to `who`, as the rest of a sentence: "is cut off from the other brokers". */
  say(parameters: P): string;
}

/** What a fault may ask before it strikes. */
export interface FaultView {
  /** What is replicated, of whose players the targets were chosen; -1: a machine was named. */
  readonly key: number;
  /** Virtual time, microseconds. */
  readonly now: number;
  name(machine: MachineId): string;
  isRunning(machine: MachineId): boolean;
  isPaused(machine: MachineId): boolean;
  hasPower(machine: MachineId): boolean;
  diskCount(machine: MachineId): number;
  /** All machines that may play this role ('broker', 'controller', 'client'), whoever plays it now, in order of their numbers. */
  machines(role: 'broker' | 'controller' | 'zookeeper-server' | 'client' | 'any'): readonly MachineId[];
  /** All machines of its rack, itself among them, in order of their numbers; empty: it stands in none. */
  rackOf(machine: MachineId): readonly MachineId[];
  /** True when every replica is where it belongs, or the reason why not. */
  whole(): true | string;
  /** Message.kind of a client's request by its name; undefined: there is none of this name. */
  requestKind(name: string): number | undefined;
  /** Who is to hold the replicas of the key when the moves under way are over, in the order of preference. */
  assigned(key: number): readonly MachineId[];
  /** True when replicas of the key can be moved, or the reason why not. */
  reassignable(key: number): true | string;
  /** True when keys can be added beside this one until there are so many, or the reason why not. */
  addable(key: number, count: number): true | string;
  /** True when settings of the topic of the key can be altered, or the reason why not. */
  settingsAlterable(key: number, settings: AlteredSettings): true | string;
  /** True when the machine can be taken out of those that vote on what is decided, or the reason why not. */
  voterRemovable(machine: MachineId): true | string;
  /** How the system goes to another release; null: it cannot. */
  readonly upgrades: Upgrades | null;
}

/** How one strike breaks the world. Everything done here is undone when the strike ends, except what cannot be (lost data). */
export interface FaultSurface extends FaultView {
  readonly targets: readonly MachineId[];
  /** Choices of this strike alone. */
  readonly dice: Stream;
  /** For the fault's own book-keeping between steps. */
  state: unknown;

  /** Directed: nothing sent from one reaches the other. */
  cut(from: MachineId, to: MachineId): void;
  cutBothWays(a: MachineId, b: MachineId): void;
  /** Multiplies the latency of a directed link and adds up to `jitterMicros`. */
  slowLink(from: MachineId, to: MachineId, factor: number, jitterMicros: number): void;
  /** Resets the connection before the first match, which is lost. */
  resetBefore(match: MessageMatch): void;
  /** The first match waits in the network, and all behind it on its connection, until the strike ends. */
  hold(match: MessageMatch): void;

  /** kill -9; started again when the strike ends. */
  kill(machine: MachineId): void;
  /** Started again, with power, when the strike ends. */
  losePower(machine: MachineId): void;
  /** SIGTERM, or kill -9 where the process knows no orderly way; started again when the strike ends, killed first if it still runs. */
  shutDown(machine: MachineId): void;
  /** Lets a machine go before the strike ends: starts it unless another strike holds it down. */
  startAgain(machine: MachineId): void;
  pause(machine: MachineId): void;

  /**
   * Nothing can be written to one of the machine's disks (0: the root's). When the strike ends the process is killed, the disk
   * is replaced by an empty one or comes back without what was not flushed, and the process is started again.
   */
  failDisk(machine: MachineId, disk: number, replaced: boolean): void;
  /** Multiplies the time that an fsync takes. */
  slowDisk(machine: MachineId, factor: number): void;
  /**
   * Marks one entry of a replica's log corrupt: which replica and which entry, as fractions; in the file that is written
   * to (active), in those before it (old), or in any. False: nothing there to corrupt.
   */
  corrupt(machine: MachineId, replica: number, entry: number, where: LogPart): boolean;

  /**
   * Asks to move the replicas of the key to these machines.
   * @param takenBack what is still under way when the strike ends is taken back
   */
  reassign(key: number, machines: readonly MachineId[], takenBack: boolean): void;

  /** Asks to add keys beside this one until there are so many. Nothing takes them away again. */
  addPartitions(key: number, count: number): void;

  /** Asks to alter settings of the topic of the key. Nothing alters them back. */
  alterSettings(key: number, settings: AlteredSettings): void;

  /** Asks to take the machine's vote away; when the strike ends, to give it back. */
  removeVoter(machine: MachineId): void;

  jumpClock(machine: MachineId, offsetMicros: number): void;
  driftClock(machine: MachineId, partsPerMillion: number): void;
}

/** A cluster of this shape has what the fault needs. */
export function hasWhatItNeeds({ needs }: Fault, topology: Topology): boolean {
  switch (needs) {
    case 'zookeeper':
      return topology.zookeeperServers > 0;
    case 'consumers':
      return topology.consumers > 0;
    case 'racks':
      return topology.racks > 0;
    case 'transactions':
      return topology.transactional > 0;
    case 'log-dirs':
      return topology.logDirs > 1;
    default:
      return true;
  }
}

/** For faults without parameters. */
export const noParameters = {
  parameters: [],
  arbitrary: (): Arbitrary<Parameters> => fc.record({}),
} as const;

/** The usual condition: every target runs. */
export function allRunning(view: FaultView, targets: readonly MachineId[]): true | string {
  for (const machine of targets) {
    if (!view.isRunning(machine)) return `${view.name(machine)} is not running`;
    if (view.isPaused(machine)) return `${view.name(machine)} is paused`;
  }
  return true;
}

/** All machines of these roles but the targets themselves. */
export function others(
  view: FaultView,
  targets: readonly MachineId[],
  ...roles: readonly ('broker' | 'controller' | 'zookeeper-server' | 'client')[]
): MachineId[] {
  return roles.flatMap((role) => view.machines(role)).filter((machine) => !targets.includes(machine));
}

/** The condition for those that kill: a paused process can be killed too. */
export function allAlive(view: FaultView, targets: readonly MachineId[]): true | string {
  for (const machine of targets) {
    if (!view.isRunning(machine)) return `${view.name(machine)} is not running`;
  }
  return true;
}
