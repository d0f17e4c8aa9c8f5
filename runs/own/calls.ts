/**
 * Calls on their way from the user's code to the simulated clients, and answers on their way back.
 *
 * A call waits for the turn in which it was made to end; one whose client is paused waits until it goes on; one whose client
 * is killed is never answered. What was made is written down, so that it can be made again without the code.
 */
import type { ApplicationListener } from '../../model/kafka/application.js';
import type { PolledRecords } from '../../model/kafka/clients/fetcher.js';
import type { KafkaSystem } from '../../model/kafka/system.js';
import { KernelProbe, type ProbeListener } from '../../model/kernel/probes.js';
import type { MachineId } from '../../model/kernel/process.js';
import type { Outcome } from '../../model/kernel/recorder.js';
import type { World } from '../../model/kernel/world.js';
import type { CallStep, ClientStep, SendStep } from '../../model/system.js';
import { CALL_MICROS } from '../drive/async.js';
import { KafkaError } from './errors.js';
import type { Invocation } from './invocation.js';

type Untimed<T> = T extends unknown ? Omit<T, 'at' | 'by' | 'client' | 'call' | 'value'> : never;

/** A step without what the calls give it: its time, its number, whose it is. */
export type Wanted = Untimed<SendStep> | Untimed<CallStep>;

/** What comes back of a call. */
export type Answer =
  | { readonly kind: 'sent'; readonly key: number; readonly offset: number; readonly timestamp: number }
  | { readonly kind: 'polled'; readonly polled: readonly PolledRecords[] }
  | { readonly kind: 'done' };

interface Call {
  readonly by: Invocation;
  readonly client: number;
  readonly number: number;
  readonly wanted: Wanted;
  /** Virtual micros. */
  at: number;
  readonly answered: (answer: Answer) => void;
  readonly refused: (error: Error) => void;
}

export interface CallsInput {
  readonly world: World;
  readonly system: KafkaSystem;
  /** When the safety phase began. */
  readonly from: number;
  /** By the number of a client: its machine. */
  readonly machines: readonly MachineId[];
  /** Something was done for this call of the function. */
  readonly onNews: (by: Invocation) => void;
  /** The process is dead; whoever runs in it is gone. */
  readonly onKilled: (client: number) => void;
}

export class Calls implements ApplicationListener, ProbeListener {
  readonly #input: CallsInput;
  /** In order of time. */
  #toMake: Call[] = [];
  /** Their client is paused. */
  #held: Call[] = [];
  readonly #waiting = new Map<number, Call>();
  readonly #made: ClientStep[] = [];
  #next = 0;

  constructor(input: CallsInput) {
    this.#input = input;
    input.system.useApplication(this);
    input.world.probes.listen([KernelProbe.processKilled, KernelProbe.powerLost, KernelProbe.resumed], this);
  }

  /** Every step that was carried out, in order of time. */
  get made(): readonly ClientStep[] {
    return this.#made;
  }

  get nextAt(): number {
    return this.#toMake[0]?.at ?? Infinity;
  }

  /** @returns the number of the call, and of the record if it sends one */
  make(
    by: Invocation,
    client: number,
    wanted: Wanted,
    answered: (answer: Answer) => void,
    refused: (error: Error) => void,
  ): number {
    const number = this.#next++;
    by.uses.add(client);
    this.#toMake.push({ by, client, number, wanted, at: this.#soon(), answered, refused });
    return number;
  }

  makeDue(): void {
    const { now } = this.#input.world;
    while (this.nextAt <= now) this.#carryOut(this.#toMake.shift()!);
  }

  #carryOut(call: Call): void {
    const { world, system, from, machines, onKilled } = this.#input;
    if (call.by.state === 'gone') return;
    const machine = machines[call.client]!;
    if (world.isPaused(machine)) {
      this.#held.push(call);
      return;
    }
    if (!world.isRunning(machine)) {
      onKilled(call.client);
      return;
    }
    const { by, client, number, wanted } = call;
    const identity = wanted.f === 'send' || wanted.f === 'transaction' ? { value: number } : { call: number };
    const step = { at: world.now - from, client, by: by.number, ...wanted, ...identity } as ClientStep;
    this.#made.push(step);
    this.#waiting.set(number, call);
    system.invoke(step);
  }

  #soon(): number {
    return this.#input.world.now + CALL_MICROS;
  }

  // ---------------------------------------------------------------------- answers

  onSendCompleted(
    value: number,
    key: number,
    outcome: Outcome,
    offset: number,
    timestamp: number,
    error?: string,
  ): void {
    if (outcome === 'ok') this.#answer(value, { kind: 'sent', key, offset, timestamp });
    else this.#refuse(value, error ?? 'UNKNOWN_SERVER_ERROR');
  }

  onCallDone(call: number, error?: string): void {
    if (error === undefined) this.#answer(call, { kind: 'done' });
    else this.#refuse(call, error);
  }

  onPolled(call: number, polled: readonly PolledRecords[]): void {
    this.#answer(call, { kind: 'polled', polled });
  }

  #answer(number: number, answer: Answer): void {
    const call = this.#take(number);
    if (call === undefined) return;
    call.answered(answer);
    this.#input.onNews(call.by);
  }

  #refuse(number: number, error: string): void {
    const call = this.#take(number);
    if (call === undefined) return;
    call.refused(new KafkaError(error, sayCall(call.wanted)));
    this.#input.onNews(call.by);
  }

  /** undefined: nobody waits for it any more. */
  #take(number: number): Call | undefined {
    const call = this.#waiting.get(number);
    this.#waiting.delete(number);
    return call === undefined || call.by.state === 'gone' ? undefined : call;
  }

  // ---------------------------------------------------------------------- processes

  onProbe(kind: number, machine: number): void {
    const client = this.#input.machines.indexOf(machine);
    if (client < 0) return;
    if (kind === KernelProbe.resumed) this.#goOn(client);
    else this.#input.onKilled(client);
  }

  #goOn(client: number): void {
    const at = this.#soon();
    for (const call of this.#held) if (call.client === client) this.#toMake.push({ ...call, at });
    this.#held = this.#held.filter((call) => call.client !== client);
  }
}

function sayCall(wanted: Wanted): string {
  return wanted.f === 'send' || wanted.f === 'transaction' ? 'send' : wanted.f;
}
