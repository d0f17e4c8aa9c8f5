/**
 * Drawing strikes: swarm testing. A trial first draws which faults exist in it at all, then how often each strikes; so that
 * trials with few faults, in which those have room, stand beside trials with many.
 *
 * Each fault draws from a stream of its own name. Another list of faults leaves the strikes of those in both as they were.
 */
import fc, { type Arbitrary } from 'fast-check';
import { assert } from '../../model/kernel/assert.js';
import { createStream } from '../../model/kernel/random.js';
import { hasWhatItNeeds, type Fault, type Parameters } from '../../nemesis/fault.js';
import type { Strike, Target } from '../../nemesis/plan.js';
import { profileAllows } from '../../nemesis/profile.js';
import { faultNamed, faults } from '../../nemesis/registry.js';
import { atFraction } from '../../nemesis/roles.js';
import { targetParameters } from '../../nemesis/targets.js';
import type { SpecFault } from '../spec/spec.js';
import type { DrawInput } from './input.js';
import { fractionArbitrary } from './fractions.js';
import { sample, sampleFrom } from './sample.js';

/** Strikes begin in this part of the phase: not before anything was written, nor too late to matter. */
const EARLIEST = 0.02;
const LATEST = 0.9;

/** How full of faults a trial is. */
interface Swarm {
  /** How many faults of the list exist in it, on average. */
  readonly kinds: number;
  /** The most strikes of one fault. */
  readonly most: number;
  /** How far up the table of lengths it goes: a trial of short faults shows what long ones would bury. */
  readonly reach: number;
}

const swarmArbitrary: Arbitrary<Swarm> = fc.record({
  kinds: fc.constantFrom(1, 2, 4, 8),
  most: fc.constantFrom(1, 2, 4),
  reach: fc.constantFrom(0.35, 0.7, 1),
});

/** In order of time. @param lengths ascending, microseconds */
export function drawStrikes(input: DrawInput, lengths: readonly number[], seed: string): readonly Strike[] {
  const swarm = sample(swarmArbitrary, seed, 'faults');
  const listed = input.faults ?? allFaults(input);
  const byHand = listed.filter(isByHand);
  const drawn = listed.filter((entry) => !isByHand(entry) && mayBeDrawn(faultNamed(entry.fault), input));
  const strikes = [
    ...byHand.map((entry, index) => strikeByHand(entry, input, sampleSeed(seed, `by-hand/${index}`, entry))),
    ...swarmOf(drawn, swarm, seed).flatMap(({ entry, bits }) => strikesOf(entry, input, lengths, swarm, bits)),
  ];
  return inOrderOfTime(strikes);
}

interface Chosen {
  readonly entry: SpecFault;
  /** Seed of its strikes. */
  readonly bits: number;
}

/** Those faults that exist in this trial: at least one. */
function swarmOf(entries: readonly SpecFault[], swarm: Swarm, seed: string): readonly Chosen[] {
  const share = Math.min(800, Math.floor((1_000 * swarm.kinds) / entries.length));
  const lots = entries.map((entry, index) => {
    const stream = createStream(seed, `faults/${labelOf(entries, index)}`);
    return { entry, lot: stream.int(1_000), bits: stream.bits() };
  });
  const lowest = lots.reduce((least, { lot }) => Math.min(least, lot), 1_000);
  return lots.filter(({ lot }) => lot < share || lot === lowest);
}

/** The fault's name; from the second entry of the same name on with a number. */
function labelOf(entries: readonly SpecFault[], index: number): string {
  const { fault } = entries[index];
  const before = entries.slice(0, index).filter((entry) => entry.fault === fault).length;
  return before === 0 ? fault : `${fault}/${before}`;
}

function strikesOf(
  entry: SpecFault,
  input: DrawInput,
  lengths: readonly number[],
  swarm: Swarm,
  bits: number,
): readonly Strike[] {
  const fault = faultNamed(entry.fault);
  const keys = keysOf(entry, input, 'any');
  const reach = Math.max(1, Math.floor(lengths.length * swarm.reach));
  // Fractions, so that another number of keys or lengths moves no other draw.
  const parts = fc.record({
    at: fractionArbitrary(EARLIEST, LATEST),
    length: fractionArbitrary(0, 1),
    pick: fractionArbitrary(0, 1),
    key: fractionArbitrary(0, 1),
    parameters: fault.arbitrary(input.topology),
  });
  // Only ever mapped this way: saved strikes shrink part by part (runs/shrink/simplify-strike.ts).
  const strike = parts.map(({ at, length, pick, key, parameters }) => ({
    fault: fault.name,
    target: targetOf(entry, fault, keys[atFraction(key, keys.length)], pick),
    when: { at, for: lengths[atFraction(length, reach)] },
    with: { ...parameters, ...ownParameters(entry) },
  }));
  return sampleFrom(fc.array(strike, { minLength: 1, maxLength: swarm.most, size: 'max' }), bits);
}

function isByHand(entry: SpecFault): boolean {
  return entry.from !== null || entry.to !== null;
}

function strikeByHand(entry: SpecFault, input: DrawInput, bits: number): Strike {
  const fault = faultNamed(entry.fault);
  const from = entry.from ?? 0;
  const key = keysOf(entry, input, 'first')[0];
  const parameters = sampleFrom(fault.arbitrary(input.topology), bits);
  return {
    fault: fault.name,
    target: targetOf(entry, fault, key, 0),
    when: { at: from / input.phaseMicros, for: (entry.to ?? input.phaseMicros) - from },
    with: { ...parameters, ...ownParameters(entry) },
  };
}

function sampleSeed(seed: string, name: string, entry: SpecFault): number {
  return createStream(seed, `faults/${name}/${entry.fault}`).bits();
}

/** Without a list: every fault that exists, but what no guarantee bears, which takes a storm. */
function allFaults(input: DrawInput): readonly SpecFault[] {
  return faults
    .filter((fault) => fault.drawnIfListed !== true && profileAllows(input.profile, fault) === true)
    .filter((fault) => fault.harm !== 'anything' || input.profile === 'storm')
    .filter((fault) => hasWhatItNeeds(fault, input.topology))
    .map((fault) => ({ fault: fault.name, with: {}, topic: null, from: null, to: null }));
}

function mayBeDrawn(fault: Fault, input: DrawInput): boolean {
  return input.lateRequests || !fault.delaysRequests;
}

function targetOf(entry: SpecFault, fault: Fault, key: number, pick: number): Target {
  const { machine, role } = entry.with;
  if (machine !== undefined) return { kind: 'machine', machine: String(machine) };
  return { kind: 'role', role: role === undefined ? fault.role : String(role), key, pick };
}

/** The keys that an entry may mean: of its topic and partition where it names them. */
function keysOf(entry: SpecFault, input: DrawInput, unnamed: 'any' | 'first'): readonly number[] {
  const topic = input.topics.find(({ name }) => name === entry.topic);
  const { partitions, firstKey } = topic ?? input.topics[0];
  const { partition } = entry.with;
  if (partition !== undefined) {
    assert(Number(partition) < partitions, `${entry.fault} strikes a partition that the topic has`);
    return [firstKey + Number(partition)];
  }
  if (unnamed === 'first') return [firstKey];
  if (topic === undefined) return input.topology.keys.map((_, key) => key);
  return Array.from({ length: topic.partitions }, (_, i) => topic.firstKey + i);
}

/** What a spec gives besides whom to strike. */
function ownParameters(entry: SpecFault): Parameters {
  const targets = new Set(targetParameters.map(({ name }) => name));
  return Object.fromEntries(Object.entries(entry.with).filter(([name]) => !targets.has(name)));
}

function inOrderOfTime(strikes: readonly Strike[]): readonly Strike[] {
  // toSorted is stable: those at the same time stay in the order of the list.
  return strikes.toSorted((a, b) => a.when.at - b.when.at);
}
