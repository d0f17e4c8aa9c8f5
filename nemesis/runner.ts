/**
 * The nemesis carries out a plan's strikes on virtual time: it finds whom each one means when it begins, asks whether the
 * fault and the profile allow it, ends it, and keeps account of what it changed.
 *
 * A strike that cannot begin at its time waits, as long as it would last: until somebody plays the role that it aims at,
 * until its machine runs again. Under `one-at-a-time` it waits its turn until the phase ends. What the profile forbids is
 * skipped at once.
 */
import { KernelProbe } from '../model/kernel/probes.js';
import type { EventHandler } from '../model/kernel/event-queue.js';
import type { MachineId } from '../model/kernel/process.js';
import type { World } from '../model/kernel/world.js';
import type { StateView, System } from '../model/system.js';
import type { Fault } from './fault.js';
import { Holds } from './holds.js';
import { Injuries } from './injuries.js';
import type { Plan, Strike } from './plan.js';
import { profileAllows, withinAssumptions, type Assumptions, type ProfileName } from './profile.js';
import { faultNamed } from './registry.js';
import { machinesWith, resolveTarget } from './roles.js';

export interface NemesisInput {
  readonly world: World;
  readonly system: System;
  readonly plan: Pick<Plan, 'profile' | 'strikes'>;
  /** Length of the safety phase, microseconds: what `at` is a fraction of. */
  readonly phaseMicros: number;
  /** The live budget. Read under within-assumptions alone. */
  readonly state: StateView;
  readonly assumptions: Assumptions;
}

/** What became of a strike. */
export interface StrikeOutcome {
  /** Its index in the plan. */
  readonly strike: number;
  /** planned: its time has not come. waiting: for its role to be played, or its turn. skipped: it never began. */
  readonly status: 'planned' | 'waiting' | 'running' | 'over' | 'skipped';
  /** Why it waits or was skipped. */
  readonly reason: string | null;
  /** Virtual microseconds; -1: not yet. */
  readonly beganAt: number;
  readonly endedAt: number;
  readonly machines: readonly MachineId[];
  /** 0: it changed nothing. */
  readonly effect: number;
}

interface StrikeState {
  readonly index: number;
  readonly strike: Strike;
  readonly fault: Fault;
  status: StrikeOutcome['status'];
  reason: string | null;
  waitsSince: number;
  beganAt: number;
  endedAt: number;
  machines: readonly MachineId[];
  injuries: Injuries | null;
}

const BEGIN = 0;
const PROCEED = 1;
const END = 2;

/** How often a strike that waits asks again. */
const ASK_AGAIN_MICROS = 50_000;

export class Nemesis implements EventHandler {
  private readonly world: World;
  private readonly system: System;
  private readonly state: StateView;
  private readonly assumptions: Assumptions;
  private readonly profile: ProfileName;
  private readonly strikes: readonly StrikeState[];
  private readonly holds: Holds;
  private readonly phaseMicros: number;
  private phaseEnd = 0;
  private over = false;

  constructor(input: NemesisInput) {
    this.world = input.world;
    this.system = input.system;
    this.state = input.state;
    this.assumptions = input.assumptions;
    this.profile = input.plan.profile;
    this.phaseMicros = input.phaseMicros;
    this.holds = new Holds(input.world);
    this.strikes = input.plan.strikes.map(planned);
  }

  /** The safety phase begins now. */
  begin(): void {
    const start = this.world.now;
    this.phaseEnd = start + this.phaseMicros;
    for (const state of this.strikes) {
      const at = start + Math.floor(state.strike.when.at * this.phaseMicros + 0.5);
      this.world.schedule(at, this, BEGIN, state.index);
    }
  }

  /**
   * The safety phase is over, and these machines and all clients are healed among themselves: what the strikes did to others
   * stays until `healAll`. No strike begins any more, and none ends by itself.
   */
  heal(machines: readonly MachineId[]): void {
    const healed = new Set([...machines, ...machinesWith(this.system, 'client')]);
    this.healWithin(healed);
    this.startThoseDown([...healed].toSorted((a, b) => a - b));
  }

  /** Everything is healed; every machine runs. */
  healAll(): void {
    this.healWithin(null);
    this.startThoseDown(machinesWith(this.system, 'any'));
  }

  /** What became of each strike of the plan, in its order. */
  outcomes(): readonly StrikeOutcome[] {
    return this.strikes.map((state) => ({
      strike: state.index,
      status: state.status,
      reason: state.reason,
      beganAt: state.beganAt,
      endedAt: state.endedAt,
      machines: state.machines,
      effect: state.injuries?.effect() ?? 0,
    }));
  }

  onEvent(kind: number, index: number): void {
    if (this.over) return;
    const state = this.strikes[index];
    if (kind === BEGIN) this.tryToBegin(state);
    else if (kind === PROCEED) this.proceed(state);
    else if (state.status === 'running') this.end(state);
  }

  private tryToBegin(state: StrikeState): void {
    const { fault, strike } = state;
    if (state.waitsSince < 0) state.waitsSince = this.world.now;
    const byProfile = profileAllows(this.profile, fault);
    if (byProfile !== true) return skip(state, byProfile);
    const turn = this.turnOf(state);
    if (turn !== true) return this.wait(state, turn, this.phaseEnd);
    const patience = this.profile === 'one-at-a-time' ? this.phaseEnd : state.waitsSince + strike.when.for;
    const dice = this.world.dice(`nemesis/${strike.fault}/${strike.when.at}`);
    const target = resolveTarget(this.system, strike.target, dice);
    if (typeof target === 'string') return this.wait(state, target, patience);
    const key = strike.target.kind === 'role' ? strike.target.key : -1;
    const injuries = new Injuries(this.world, this.system, this.holds, [target], key, dice);
    const available = fault.available(injuries, injuries.targets, strike.with);
    if (available !== true) return this.wait(state, available, patience);
    const machines = fault.touches?.(injuries, injuries.targets, strike.with) ?? injuries.targets;
    const borne = this.borne(fault, machines);
    if (borne !== true) return skip(state, borne);
    this.strike(state, injuries, machines);
  }

  /** Under one-at-a-time the one that has waited longest goes first; of those that came at once, in the order of the plan. */
  private turnOf(state: StrikeState): true | string {
    if (this.profile !== 'one-at-a-time') return true;
    for (const other of this.strikes) {
      if (other.status === 'running') return `strike ${other.index} is not over`;
      if (other.status === 'waiting' && isBefore(other, state)) return `strike ${other.index} waits before it`;
    }
    return this.system.whole();
  }

  private wait(state: StrikeState, reason: string, until: number): void {
    const next = this.world.now + ASK_AGAIN_MICROS;
    if (next > until || next >= this.phaseEnd) return skip(state, reason);
    state.status = 'waiting';
    state.reason = reason;
    this.world.schedule(next, this, BEGIN, state.index);
  }

  private borne(fault: Fault, machines: readonly MachineId[]): true | string {
    if (this.profile !== 'within-assumptions') return true;
    return withinAssumptions(fault, machines, this.system, this.state, this.assumptions);
  }

  private strike(state: StrikeState, injuries: Injuries, machines: readonly MachineId[]): void {
    state.injuries = injuries;
    state.status = 'running';
    state.reason = null;
    state.beganAt = this.world.now;
    const { fault, strike } = state;
    state.machines = machines;
    // Announced first, so that what a power loss takes follows the fault that took it.
    this.announce(KernelProbe.faultBegan, state, maskOf(state.machines));
    fault.begin(injuries, injuries.targets, strike.with);
    if (fault.proceed === undefined) {
      this.world.schedule(this.world.now + Math.floor(strike.when.for), this, END, state.index);
    } else {
      this.proceed(state);
    }
  }

  private proceed(state: StrikeState): void {
    if (state.status !== 'running') return;
    const nextMicros = state.fault.proceed!(state.injuries!, state.strike.with);
    if (nextMicros > 0) this.world.schedule(this.world.now + nextMicros, this, PROCEED, state.index);
    else this.end(state);
  }

  private end(state: StrikeState): void {
    state.injuries!.heal(null);
    this.close(state);
  }

  private close(state: StrikeState): void {
    state.status = 'over';
    state.endedAt = this.world.now;
    this.announce(KernelProbe.faultEnded, state, state.injuries!.effect());
  }

  private healWithin(healed: ReadonlySet<MachineId> | null): void {
    this.over = true;
    for (const state of this.strikes) {
      if (state.status === 'running') {
        state.injuries!.heal(healed);
        if (state.injuries!.healed) this.close(state);
      } else if (state.status === 'planned' || state.status === 'waiting') {
        skip(state, state.reason ?? 'the safety phase was over');
      }
    }
  }

  /** A process may have ended by itself, or its strike may be gone: whoever heals starts it. */
  private startThoseDown(machines: readonly MachineId[]): void {
    for (const machine of machines) {
      if (!this.world.isRunning(machine) && !this.holds.isHeldDown(machine)) this.world.start(machine);
    }
  }

  private announce(probe: number, state: StrikeState, b: number): void {
    const { target } = state.strike;
    const key = target.kind === 'role' ? target.key : -1;
    this.world.probes.emit(probe, state.machines[0] ?? 0, key, state.index, b);
  }
}

function planned(strike: Strike, index: number): StrikeState {
  return {
    index,
    strike,
    fault: faultNamed(strike.fault),
    status: 'planned',
    reason: null,
    waitsSince: -1,
    beganAt: -1,
    endedAt: -1,
    machines: [],
    injuries: null,
  };
}

function isBefore(a: StrikeState, b: StrikeState): boolean {
  return a.waitsSince === b.waitsSince ? a.index < b.index : a.waitsSince < b.waitsSince;
}

function skip(state: StrikeState, reason: string): void {
  state.status = 'skipped';
  state.reason = reason;
}

/** Bit n is machine n. Added, not shifted: a bit mask in a Float64 holds 53 machines. */
function maskOf(machines: readonly MachineId[]): number {
  let mask = 0;
  for (const machine of machines) {
    let bit = 1;
    for (let n = 0; n < machine; n++) bit *= 2;
    mask += bit;
  }
  return mask;
}
