/** Faults, profile, requirements and expectations: names against what exists. */
import { machineNames, type MachineCounts } from '../../model/kafka/machine-names.js';
import { requestNames } from '../../model/kafka/protocol/request-names.js';
import { roleNames } from '../../model/kafka/roles.js';
import { parameterProblem, parametersOf } from '../../nemesis/targets.js';
import {
  expectable,
  faults as knownFaults,
  refusedRequirements,
  requirements as knownRequirements,
  situations,
} from '../catalogue.js';
import type { Draft, DraftFault, Located } from './draft.js';
import { checkAddition } from './partition-additions.js';
import { checkAlteration } from './setting-alterations.js';
import { parseDuration } from './durations.js';
import { didYouMean, nearestName } from './nearest.js';
import type { Problems } from './problems.js';
import { profiles } from './schema.js';
import type { Profile, Spec, SpecFault, SpecRequirement, SpecTopic } from './spec.js';

/** @param machines those of the cluster, whom faults may name */
export function finishFaults(
  draft: Draft,
  topics: readonly SpecTopic[],
  machines: MachineCounts,
  problems: Problems,
): SpecFault[] | null {
  if (draft.faults === null) return null;
  refuseLateRequests(draft.faults, draft.lateRequests, problems);
  for (const fault of draft.faults) checkTarget(fault, machines, problems);
  return draft.faults.map((fault) => finishFault(fault, draft, topics, machines, problems));
}

/** Faults that no seed would ever draw are a slip; a few of a longer list may be left out. */
function refuseLateRequests(given: readonly DraftFault[], lateRequests: boolean, problems: Problems): void {
  const [first] = given;
  if (lateRequests || first === undefined || given.length > lateFaults(given).length) return;
  const why = 'a request can outlive the wait of its client under each';
  problems.error(first.name.origin, `late-requests: false draws none of these faults: ${why}`);
}

/** What a spec lists and late-requests: false leaves out; null: nothing. */
export function lateRequestsNote(given: readonly DraftFault[] | null, lateRequests: boolean): string | null {
  const late = given === null || lateRequests ? [] : lateFaults(given);
  if (late.length === 0) return null;
  return `late-requests: false leaves out ${[...new Set(late)].join(', ')}: under them a request can outlive the wait of its client`;
}

/** Those that are drawn, not timed by hand. */
function lateFaults(given: readonly DraftFault[]): readonly string[] {
  return given
    .filter(({ parameters }) => !parameters.has('from') && !parameters.has('to'))
    .map(({ name }) => name.value)
    .filter((name) => knownFaults.find((fault) => fault.name === name)?.delaysRequests === true);
}

/** What the spec itself reads; all else is the fault's. */
const timeAndPlace = ['topic', 'from', 'to'];

function finishFault(
  { name, parameters }: DraftFault,
  draft: Draft,
  topics: readonly SpecTopic[],
  { control }: MachineCounts,
  problems: Problems,
): SpecFault {
  const known = knownFaults.find((fault) => fault.name === name.value);
  if (known === undefined) {
    const hint = didYouMean(
      name.value,
      knownFaults.map((fault) => fault.name),
    );
    problems.error(name.origin, `unknown fault ${name.value}${hint}   (all: npx harrow faults)`);
  }
  const taken = known === undefined ? [] : parametersOf(known);
  const rest: Record<string, number | string> = {};
  for (const [parameter, { value, origin }] of parameters) {
    if (timeAndPlace.includes(parameter)) continue;
    const found = taken.find((candidate) => candidate.name === parameter);
    const wrong = found === undefined ? null : parameterProblem(found, value);
    if (found === undefined && known !== undefined) {
      const names = [...timeAndPlace, ...taken.map((candidate) => candidate.name)];
      const hint = didYouMean(parameter, names);
      const others = hint === '' ? `: it takes ${names.join(', ')}` : hint;
      problems.error(origin, `${name.value} has no parameter ${parameter}${others}`);
    } else if (wrong !== null)
      problems.error(origin, `${parameter}: ${String(value)} ${wrong}${didYouMean(String(value), found?.oneOf ?? [])}`);
    rest[parameter] = typeof value === 'boolean' ? String(value) : value;
  }
  checkAddition({ name, parameters }, draft, topics, problems);
  checkAlteration({ name, parameters }, draft, control, topics, problems);
  if (name.value === 'request-delayed') checkRequest(parameters.get('request'), problems);
  if (name.value === 'partition-reassigned')
    checkReassignment(name, parameters.get('replicas'), draft, topics, problems);
  checkPartition(parameters.get('partition'), parameters.get('topic'), topics, problems);
  return {
    fault: name.value,
    with: rest,
    topic: faultTopic(parameters.get('topic'), topics, problems),
    ...faultTimes(parameters.get('from'), parameters.get('to'), draft.workload.over.value, problems),
  };
}

type Given = Located<string | number | boolean> | undefined;

function faultTopic(given: Given, topics: readonly SpecTopic[], problems: Problems): string | null {
  if (given === undefined) return null;
  const name = String(given.value);
  const names = topics.map((topic) => topic.name);
  if (!names.includes(name)) problems.error(given.origin, `no topic ${name} in this spec${didYouMean(name, names)}`);
  return name;
}

/** Whom a fault strikes: one machine of the cluster by its name, or whoever plays a role that there is. */
function checkTarget({ name: fault, parameters }: DraftFault, machines: MachineCounts, problems: Problems): void {
  const machine = parameters.get('machine');
  const role = parameters.get('role');
  if (machine !== undefined && role !== undefined) {
    problems.error(role.origin, `${fault.value}: a machine by its name or a role, not both`);
  }
  if (machine !== undefined) {
    const names = machineNames(machines);
    const given = String(machine.value);
    if (!names.includes(given)) {
      const hint = didYouMean(given, names) || `; there are ${names.join(', ')}`;
      problems.error(machine.origin, `${fault.value}: there is no machine ${given}${hint}`);
    }
  }
  if (role === undefined) return;
  const roles = roleNames.filter((name) => machines.control === 'zookeeper' || !name.startsWith('zookeeper-'));
  const given = String(role.value);
  if (roles.includes(given)) return;
  const why = roleNames.includes(given)
    ? ' under KRaft'
    : didYouMean(given, roles) || `; roles are ${roles.join(', ')}`;
  problems.error(role.origin, `${fault.value}: nobody plays ${given}${why}`);
}

const anyRequest = 'any';

function checkRequest(request: Given, problems: Problems): void {
  if (request === undefined) return;
  const name = String(request.value);
  if (name === anyRequest || requestNames.has(name)) return;
  problems.error(request.origin, `there is no request ${name}${didYouMean(name, [...requestNames.keys()])}`);
}

/** Replicas move to brokers that the cluster has, and that have none of the partition yet. */
function checkReassignment(
  fault: Located<string>,
  replicas: Given,
  { brokers }: Draft,
  topics: readonly SpecTopic[],
  problems: Problems,
): void {
  if (replicas === undefined || replicas.value === 'any') {
    if (topics.some((topic) => topic.replicationFactor < brokers.value)) return;
    const why = `every one of the ${brokers.value} brokers has a replica of every partition`;
    problems.error(fault.origin, `${fault.value} has nowhere to move a replica to: ${why}`);
    return;
  }
  const names = Array.from({ length: brokers.value }, (_, index) => `b${index + 1}`);
  const named = String(replicas.value)
    .split(',')
    .map((part) => part.trim());
  for (const broker of named) {
    if (!names.includes(broker)) {
      problems.error(replicas.origin, `there is no broker ${broker}: they are ${names[0]} to ${names.at(-1)}`);
    }
  }
  if (new Set(named).size < named.length) {
    problems.error(replicas.origin, `replicas: ${named.join(', ')}: a broker has one replica of a partition at most`);
  }
}

/** Of its topic where that is named, else of the first. */
function checkPartition(partition: Given, topic: Given, topics: readonly SpecTopic[], problems: Problems): void {
  if (partition === undefined || typeof partition.value !== 'number') return;
  const meant = topic === undefined ? topics[0] : topics.find(({ name }) => name === topic.value);
  if (meant === undefined || partition.value < meant.partitions) return;
  problems.error(partition.origin, `${meant.name} has ${meant.partitions} partitions, counted from 0`);
}

function faultTimes(
  from: Given,
  to: Given,
  over: number,
  problems: Problems,
): { from: number | null; to: number | null } {
  const begin = from === undefined ? null : parseDuration(String(from.value));
  const end = to === undefined ? null : parseDuration(String(to.value));
  if (from !== undefined && begin !== null && begin >= over) {
    problems.error(from.origin, `from: ${String(from.value)} is not within the safety phase (workload over)`);
  }
  if (from === undefined && to !== undefined) problems.error(to.origin, 'to: needs a from');
  if (to !== undefined && begin !== null && end !== null && end <= begin) {
    problems.error(to.origin, `to: ${String(to.value)} is not after from`);
  }
  return { from: begin, to: end };
}

/** A spec with a list of faults and no profile gets storm limited to that list; one with neither, one fault at a time. */
export function finishProfile(draft: Draft, problems: Problems): Profile {
  if (draft.profile === null) return draft.faults === null ? 'one-at-a-time' : 'storm';
  const { value, origin } = draft.profile;
  const profile = profiles.find((known) => known === value);
  if (profile !== undefined) return profile;
  // In a file the schema has said so already.
  if (origin.kind !== 'file') {
    problems.error(
      origin,
      `${JSON.stringify(value)} is no profile: ${profiles.join(', ')}${didYouMean(value, profiles)}`,
    );
  }
  return 'storm';
}

export interface Defaults {
  /** What is required where the spec says nothing. */
  readonly requirements: readonly string[];
  /** Some consumer subscribes. */
  readonly hasGroups: boolean;
}

export function finishDemands(
  draft: Draft,
  { requirements, hasGroups }: Defaults,
  problems: Problems,
): Pick<Spec, 'require' | 'expect' | 'expectSituations'> {
  const require: SpecRequirement[] =
    draft.require?.map(({ name, within }) => {
      checkRequirement(name, within, hasGroups, problems);
      return { name: name.value, within: within?.value ?? null };
    }) ?? requirements.map((name) => ({ name, within: null }));
  for (const { value, origin } of draft.expect) {
    if (!expectable.includes(value)) problems.error(origin, `unknown anomaly ${value}${didYouMean(value, expectable)}`);
  }
  const situationNames = situations.map((situation) => situation.name);
  for (const { value, origin } of draft.expectSituations) {
    if (situationNames.includes(value)) continue;
    const hint = didYouMean(value, situationNames);
    problems.error(origin, `unknown situation ${value}${hint}   (all: npx harrow situations)`);
  }
  return {
    require,
    expect: draft.expect.map(({ value }) => value),
    expectSituations: draft.expectSituations.map(({ value }) => value),
  };
}

/** What is judged of groups alone. */
const ofGroups = ['processed-at-least-once', 'processed-at-most-once', 'processed-in-order'];

function checkRequirement(
  name: Located<string>,
  within: Located<number> | null,
  hasGroups: boolean,
  problems: Problems,
): void {
  const known = knownRequirements.find((requirement) => requirement.name === name.value);
  if (known === undefined) {
    const names = knownRequirements.map((requirement) => requirement.name);
    const nearest = nearestName(name.value, names);
    const hint = nearest === null ? `: ${names.join(', ')}` : `; did you mean ${nearest}?`;
    problems.error(name.origin, `unknown requirement ${name.value}${hint}`);
  } else if (refusedRequirements[name.value] !== undefined) {
    problems.error(name.origin, `${name.value} cannot be judged: ${refusedRequirements[name.value]}`);
  } else if (ofGroups.includes(name.value) && !hasGroups) {
    problems.error(name.origin, `${name.value} needs a consumer that subscribes: workload queue, commit or group.id`);
  }
  if (within !== null && name.value !== 'writable-again') {
    problems.error(within.origin, 'within: only writable-again has a bound');
  }
}
