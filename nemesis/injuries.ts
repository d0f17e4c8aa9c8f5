/**
 * The injuries of one strike: what it did to the world, remembered so that each can be undone, and counted.
 *
 * Healing goes machine by machine: a set of machines is healed by undoing the injuries that lie wholly within it.
 */
import type { File } from '../model/kernel/disk.js';
import type { MessageMatch, RuleId } from '../model/kernel/network.js';
import type { MachineId, Process } from '../model/kernel/process.js';
import type { Stream } from '../model/kernel/random.js';
import type { World } from '../model/kernel/world.js';
import type { AlteredSettings, System, Upgrades } from '../model/system.js';
import type { FaultSurface, LogPart } from './fault.js';
import type { Holds } from './holds.js';
import { atFraction, machinesWith, rackMates } from './roles.js';

type Injury =
  | { readonly kind: 'cut'; readonly from: MachineId; readonly to: MachineId; readonly heldBefore: number }
  | { readonly kind: 'slow-link'; readonly from: MachineId; readonly to: MachineId; readonly slowness: Slowness }
  | { readonly kind: 'rule'; readonly rule: RuleId; readonly from: MachineId; readonly to: MachineId }
  | { readonly kind: 'down'; readonly machine: MachineId }
  | { readonly kind: 'shutting-down'; readonly machine: MachineId; readonly process: Process | undefined }
  | { readonly kind: 'pause'; readonly machine: MachineId }
  | { readonly kind: 'dead-disk'; readonly machine: MachineId; readonly disk: number; readonly replaced: boolean }
  | { readonly kind: 'slow-disk'; readonly machine: MachineId; readonly factor: number }
  | { readonly kind: 'clock-jump'; readonly machine: MachineId; readonly offsetMicros: number }
  | { readonly kind: 'drift'; readonly machine: MachineId; readonly partsPerMillion: number }
  | { readonly kind: 'reassignment'; readonly key: number }
  | { readonly kind: 'no-voter'; readonly machine: MachineId };

const NO_MACHINES: readonly MachineId[] = [];

interface Slowness {
  readonly factor: number;
  readonly jitterMicros: number;
}

export class Injuries implements FaultSurface {
  readonly targets: readonly MachineId[];
  readonly dice: Stream;
  readonly key: number;
  state: unknown = undefined;
  private readonly world: World;
  private readonly system: System;
  private readonly holds: Holds;
  private open: Injury[] = [];
  private counted = 0;

  constructor(world: World, system: System, holds: Holds, targets: readonly MachineId[], key: number, dice: Stream) {
    this.world = world;
    this.system = system;
    this.holds = holds;
    this.targets = targets;
    this.key = key;
    this.dice = dice;
  }

  /** What the strike cut, killed, stopped or damaged so far. 0: it changed nothing. */
  effect(): number {
    return this.open.reduce((sum, injury) => sum + this.effectOf(injury), this.counted);
  }

  get healed(): boolean {
    return this.open.length === 0;
  }

  /** Undoes all that touches only these machines; null: everything. */
  heal(within: ReadonlySet<MachineId> | null): void {
    const remaining: Injury[] = [];
    const undone: Injury[] = [];
    for (const injury of this.open) {
      const inside = within === null || machinesOf(injury).every((machine) => within.has(machine));
      (inside ? undone : remaining).push(injury);
    }
    this.open = remaining;
    for (const injury of undone) {
      this.counted += this.effectOf(injury);
      this.undo(injury);
    }
  }

  // What a fault may ask.
  get now(): number {
    return this.world.now;
  }
  name(machine: MachineId): string {
    return this.world.machineName(machine);
  }
  isRunning(machine: MachineId): boolean {
    return this.world.isRunning(machine);
  }
  isPaused(machine: MachineId): boolean {
    return this.world.isPaused(machine);
  }
  hasPower(machine: MachineId): boolean {
    return this.world.hasPower(machine);
  }
  diskCount(machine: MachineId): number {
    return this.world.disksOf(machine).length;
  }
  machines(role: 'broker' | 'controller' | 'zookeeper-server' | 'client' | 'any'): readonly MachineId[] {
    return machinesWith(this.system, role);
  }
  rackOf(machine: MachineId): readonly MachineId[] {
    return rackMates(this.system, machine);
  }
  whole(): true | string {
    return this.system.whole();
  }
  requestKind(name: string): number | undefined {
    return this.system.requests.get(name);
  }

  assigned(key: number): readonly MachineId[] {
    return this.system.assigned(key);
  }
  reassignable(key: number): true | string {
    return this.system.reassignable(key);
  }
  addable(key: number, count: number): true | string {
    return this.system.addable(key, count);
  }
  settingsAlterable(key: number, settings: AlteredSettings): true | string {
    return this.system.settingsAlterable(key, settings);
  }
  voterRemovable(machine: MachineId): true | string {
    return this.system.voterRemovable(machine);
  }

  get upgrades(): Upgrades | null {
    return this.system.upgrades;
  }

  // What a fault may do.
  cut(from: MachineId, to: MachineId): void {
    this.open.push({ kind: 'cut', from, to, heldBefore: this.world.net.held(from, to) });
    this.world.net.cut(from, to, true);
  }
  cutBothWays(a: MachineId, b: MachineId): void {
    this.cut(a, b);
    this.cut(b, a);
  }
  slowLink(from: MachineId, to: MachineId, factor: number, jitterMicros: number): void {
    const slowness = { factor, jitterMicros };
    this.open.push({ kind: 'slow-link', from, to, slowness });
    this.holds.slowLink(from, to, slowness);
  }
  resetBefore(match: MessageMatch): void {
    this.setRule(match, 'reset-before');
  }
  hold(match: MessageMatch): void {
    this.setRule(match, 'hold');
  }
  kill(machine: MachineId): void {
    this.holdDown(machine);
    this.world.kill(machine);
  }
  losePower(machine: MachineId): void {
    this.holdDown(machine);
    this.world.powerLoss(machine);
  }
  shutDown(machine: MachineId): void {
    const process = this.world.process(machine);
    if (process === undefined || !this.system.requestShutdown(machine)) {
      this.kill(machine);
      return;
    }
    this.holds.holdDown(machine);
    this.open.push({ kind: 'shutting-down', machine, process });
  }
  startAgain(machine: MachineId): void {
    const held = this.open.filter((injury) => holdsDown(injury, machine));
    this.open = this.open.filter((injury) => !holdsDown(injury, machine));
    for (const injury of held) {
      this.counted += this.effectOf(injury);
      this.undo(injury);
    }
  }
  pause(machine: MachineId): void {
    this.open.push({ kind: 'pause', machine });
    this.holds.pause(machine);
  }
  failDisk(machine: MachineId, disk: number, replaced: boolean): void {
    this.open.push({ kind: 'dead-disk', machine, disk, replaced });
    this.holds.failDisk(machine, disk);
  }
  slowDisk(machine: MachineId, factor: number): void {
    this.open.push({ kind: 'slow-disk', machine, factor });
    this.holds.slowDisk(machine, factor);
  }
  corrupt(machine: MachineId, replica: number, entry: number, where: LogPart): boolean {
    const logs = this.system.keys().flatMap((_, key) => {
      const files = this.filesOf(machine, key, where);
      return files.length > 0 ? [files] : [];
    });
    if (logs.length === 0) return false;
    const files = logs[atFraction(replica, logs.length)];
    let index = atFraction(
      entry,
      files.reduce((sum, { length }) => sum + length, 0),
    );
    let file = 0;
    while (index >= files[file].length) index -= files[file++].length;
    const damaged = this.world.diskFaults(machine).corrupt(files[file].path, index);
    if (damaged) this.counted += 1;
    return damaged;
  }
  reassign(key: number, machines: readonly MachineId[], takenBack: boolean): void {
    this.counted += 1;
    if (takenBack) this.open.push({ kind: 'reassignment', key });
    this.system.reassign(key, machines);
  }
  addPartitions(key: number, count: number): void {
    this.counted += 1;
    this.system.addPartitions(key, count);
  }
  alterSettings(key: number, settings: AlteredSettings): void {
    this.counted += 1;
    this.system.alterSettings(key, settings);
  }
  removeVoter(machine: MachineId): void {
    this.open.push({ kind: 'no-voter', machine });
    this.system.removeVoter(machine);
  }
  jumpClock(machine: MachineId, offsetMicros: number): void {
    this.open.push({ kind: 'clock-jump', machine, offsetMicros });
    this.world.jumpClock(machine, offsetMicros);
  }
  driftClock(machine: MachineId, partsPerMillion: number): void {
    this.open.push({ kind: 'drift', machine, partsPerMillion });
    this.holds.addDrift(machine, partsPerMillion);
  }

  /** The files of this part of a replica's log that hold anything. */
  private filesOf(machine: MachineId, key: number, where: LogPart): readonly File[] {
    const disk = this.world.disk(machine);
    const files = this.system.logFiles(machine, key).map((path) => disk.open(path));
    const part = where === 'any' ? files : where === 'active' ? files.slice(-1) : files.slice(0, -1);
    return part.filter(({ length }) => length > 0);
  }

  private setRule(match: MessageMatch, act: 'hold' | 'reset-before'): void {
    const rule = this.world.net.rule(match, act, 0);
    this.open.push({ kind: 'rule', rule, from: match.from ?? 0, to: match.to ?? 0 });
  }

  private holdDown(machine: MachineId): void {
    this.holds.holdDown(machine);
    this.open.push({ kind: 'down', machine });
  }

  private effectOf(injury: Injury): number {
    switch (injury.kind) {
      case 'cut':
        return this.world.net.held(injury.from, injury.to) - injury.heldBefore;
      case 'rule':
        return 0; // Counted by the network, and known when the rule is dropped.
      default:
        return 1;
    }
  }

  private undo(injury: Injury): void {
    switch (injury.kind) {
      case 'cut':
        this.world.net.cut(injury.from, injury.to, false);
        return;
      case 'slow-link':
        this.holds.releaseLink(injury.from, injury.to, injury.slowness);
        return;
      case 'rule':
        this.counted += this.world.net.dropRule(injury.rule);
        return;
      case 'down':
        this.holds.releaseDown(injury.machine);
        return;
      case 'shutting-down':
        // A process that has not ended yet would end later, with nobody to start it again.
        if (injury.process === this.world.process(injury.machine)) this.world.kill(injury.machine);
        this.holds.releaseDown(injury.machine);
        return;
      case 'pause':
        this.holds.releasePause(injury.machine);
        return;
      case 'dead-disk':
        this.world.kill(injury.machine);
        this.holds.releaseDeadDisk(injury.machine, injury.disk, injury.replaced);
        return;
      case 'slow-disk':
        this.holds.releaseDisk(injury.machine, injury.factor);
        return;
      case 'clock-jump':
        this.world.jumpClock(injury.machine, -injury.offsetMicros);
        return;
      case 'drift':
        this.holds.addDrift(injury.machine, -injury.partsPerMillion);
        return;
      case 'reassignment':
        this.system.reassign(injury.key, null);
        return;
      case 'no-voter':
        this.system.addVoter(injury.machine);
        return;
    }
  }
}

function machinesOf(injury: Injury): readonly MachineId[] {
  switch (injury.kind) {
    case 'cut':
    case 'slow-link':
      return [injury.from, injury.to];
    case 'rule':
      return [injury.from, injury.to].filter((machine) => machine !== 0);
    case 'reassignment':
      return NO_MACHINES;
    default:
      return [injury.machine];
  }
}

function holdsDown(injury: Injury, machine: MachineId): boolean {
  return (injury.kind === 'down' || injury.kind === 'shutting-down') && injury.machine === machine;
}
