/**
 * What the names in an exchange stand for in the real cluster: groups and transactional ids of its own, all of which
 * broker 2 coordinates; member ids and producer ids as the brokers gave them out. Answers are noted with the names.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Who coordinates, as long as it lives. Topics are led by broker 1, unless an exchange says otherwise. */
const COORDINATOR = 2;
const OF_GROUPS = [
  'join-group',
  'sync-group',
  'heartbeat',
  'leave-group',
  'offset-commit',
  'offset-fetch',
  'add-offsets',
  'txn-offset-commit',
];

export class Names {
  #speaker;
  #topic;
  /** By name. */
  #groups = new Map();
  #transactionalIds = new Map();
  #members = new Map();
  #producers = new Map();
  /** What an exchange calls members that were given no id by that name. */
  #strangers = new Set(['']);

  constructor(speaker, topic) {
    this.#speaker = speaker;
    this.#topic = topic;
  }

  /** The step as Speak.java takes it. */
  async requestOf(kind, given) {
    const { producer, transactional, group, member, members, assignments, acks, to = COORDINATOR, ...rest } = given;
    const step = { do: kind, topic: this.#topic, ...rest };
    if (acks !== undefined) step.acks = acks === 'all' ? -1 : acks;
    if (member !== undefined) step.memberId = this.#member(member);
    if (members !== undefined) step.members = members.map((one) => ({ ...one, memberId: this.#member(one.member) }));
    if (assignments !== undefined) {
      step.assignments = Object.fromEntries(
        Object.entries(assignments).map(([name, assigned]) => [this.#member(name), assigned]),
      );
    }
    if (group !== undefined || OF_GROUPS.includes(kind)) step.groupId = await this.#groupId(group ?? 'group');
    const known = this.#producers.get(producer);
    if (known !== undefined) Object.assign(step, { ...known.identity, ...rest });
    const transactionalName = transactional === undefined ? known?.transactional : transactional;
    if (typeof transactionalName === 'string') step.transactionalId = await this.#transactionalId(transactionalName);
    step.to = to === 'coordinator' ? await this.#coordinatorOf(step) : to;
    return step;
  }

  /** The answer with the names; what `as` names is remembered. */
  noted(kind, given, answered) {
    const { as, transactional } = given;
    if (as !== undefined && kind === 'init-producer-id') {
      const { producerId, producerEpoch, ...said } = answered;
      if (said.error === 'NONE') this.#producers.set(as, { identity: { producerId, producerEpoch }, transactional });
      return transactional === undefined ? { ...said, producerEpoch } : this.#named({ ...answered });
    }
    if (as !== undefined && answered.memberId !== '') this.#members.set(as, answered.memberId);
    const named = this.#named(answered);
    // Of a join; a broker says them in no particular order.
    if (named.generation !== undefined) named.members.sort((a, b) => (a.memberId < b.memberId ? -1 : 1));
    return named;
  }

  #named(answered) {
    if (Array.isArray(answered)) return answered.map((one) => this.#named(one));
    if (typeof answered !== 'object' || answered === null) return answered;
    return Object.fromEntries(
      Object.entries(answered).map(([field, value]) => {
        if (typeof value === 'string' && (field === 'memberId' || field === 'leader'))
          return [field, this.#memberName(value)];
        if (field !== 'producerId') return [field, this.#named(value)];
        return [field, nameOf(this.#producers, ({ identity }) => identity.producerId === value) ?? value];
      }),
    );
  }

  #member(name = '') {
    if (!this.#members.has(name)) this.#strangers.add(name);
    return this.#members.get(name) ?? name;
  }

  /** '?': of a member that was not named yet. */
  #memberName(id) {
    return nameOf(this.#members, (known) => known === id) ?? (this.#strangers.has(id) ? id : '?');
  }

  #groupId(name) {
    return name === '' ? '' : this.#chosen(this.#groups, 'groupId', name);
  }

  #transactionalId(name) {
    return name === '' ? '' : this.#chosen(this.#transactionalIds, 'transactionalId', name);
  }

  /** An id of which broker 2 is the coordinator. */
  async #chosen(known, field, name) {
    for (let number = 0; !known.has(name); number++) {
      if (number % 20 === 0) await this.#speaker({ do: 'elect-preferred', to: 1 });
      const id = `${name}-of-${this.#topic}-${number}`;
      const { error, node } = await this.#speaker({ do: 'find-coordinator', to: 1, [field]: id });
      if (error !== 'NONE') await sleep(1000);
      else if (node === COORDINATOR && (await this.#isReady(field, id))) known.set(name, id);
    }
    return known.get(name);
  }

  /** The broker knows by now that it coordinates this id, and has read what there is of it. */
  async #isReady(field, id) {
    const asked =
      field === 'groupId' ? { do: 'offset-fetch' } : { do: 'end-txn', producerId: 0, producerEpoch: 0, commit: true };
    const { error } = await this.#speaker({ to: COORDINATOR, topic: this.#topic, [field]: id, ...asked });
    return error !== 'NOT_COORDINATOR' && error !== 'COORDINATOR_LOAD_IN_PROGRESS';
  }

  async #coordinatorOf({ groupId, transactionalId }) {
    const id = groupId === undefined ? { transactionalId } : { groupId };
    return (await this.#speaker({ do: 'find-coordinator', to: 1, ...id })).node;
  }
}

/** The first of those names. */
function nameOf(names, isIt) {
  for (const [name, known] of names) if (isIt(known)) return name;
  return undefined;
}
