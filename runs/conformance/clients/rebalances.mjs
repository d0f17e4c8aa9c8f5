/**
 * Rebalances to put to assignors: groups whose members come, go, are left behind and claim what is not theirs any more.
 *
 * A case is topics with their partition counts (0: unknown to the leader), perhaps the racks of each partition's replicas,
 * and rounds. A round is a generation: 1, 2, ... Its members stand in the order of the JoinGroup response; the first
 * leads. `misses`: it does not learn what this round assigns it. `told`: before it joins it takes this for its last
 * assignment, in that generation. Partitions are numbered on from topic to topic.
 */
import seedrandom from 'seedrandom';

const WORDS = ['orders', 'payments', 'a', 'b', 'clicks', 'audit.log', 'users-by-region', 'stock', 'T', 'zz', 'Ünïcode'];

/** @param rounds how many to a case */
export function rebalances(seed, count, rounds) {
  const dice = diceOf(seed);
  return Array.from({ length: count }, () => rebalance(dice, rounds));
}

export function diceOf(seed) {
  const random = seedrandom.alea(seed);
  const int = (bound) => Math.floor(random() * bound);
  const pick = (items) => items[int(items.length)];
  return { int, pick, chance: (percent) => int(100) < percent };
}

function rebalance(dice, roundCount) {
  const topics = drawTopics(dice);
  const racks = dice.chance(40) ? drawRacks(dice, topics) : undefined;
  const group = {
    dice,
    topicCount: Object.keys(topics).length,
    partitionCount: Object.values(topics).reduce((sum, count) => sum + count, 0),
    alike: dice.chance(55),
    racks: racks === undefined ? [] : ['r1', 'r2', 'r3', 'r4'],
    next: 0,
  };
  group.common = drawSubscription(group);
  let members = Array.from({ length: dice.chance(10) ? 13 + dice.int(8) : 1 + dice.int(7) }, () => drawMember(group));
  const rounds = [];
  for (let round = 1; round <= roundCount; round++) {
    rounds.push({ members: members.map((member) => joining(group, member, round)) });
    members = changed(group, members);
  }
  return { topics, ...(racks && { racks }), rounds };
}

function drawTopics(dice) {
  const topics = {};
  const count = dice.chance(8) ? 14 : 1 + dice.int(4);
  const even = dice.chance(30) ? 1 + dice.int(8) : 0;
  for (let i = 0; i < count; i++) {
    const name = dice.chance(50) ? dice.pick(WORDS) : `topic-${dice.int(1000)}`;
    topics[name] = dice.chance(5) ? 0 : even || 1 + dice.int(count > 4 ? 5 : 12);
  }
  return topics;
}

function drawRacks(dice, topics) {
  const everywhere = dice.chance(15);
  return Object.values(topics).map((count) =>
    Array.from({ length: count }, () => {
      if (everywhere) return ['r1', 'r2', 'r3'];
      const first = dice.int(3);
      return [`r${first + 1}`, `r${((first + 1 + dice.int(2)) % 3) + 1}`].slice(0, 1 + dice.int(2));
    }),
  );
}

function drawSubscription({ dice, topicCount }) {
  const all = Array.from({ length: topicCount }, (_, topic) => topic);
  if (dice.chance(3)) return [];
  const some = all.filter(() => dice.chance(60));
  return some.length === 0 ? [dice.pick(all)] : some;
}

function drawMember(group) {
  const { dice } = group;
  const number = group.next++;
  const member = { id: `consumer-${number}-${dice.int(0x10000000).toString(16)}` };
  if (dice.chance(15)) member.instance = `instance-${dice.int(100)}-${number}`;
  if (group.racks.length > 0 && dice.chance(85)) member.rack = dice.pick(group.racks);
  member.topics = group.alike ? group.common : drawSubscription(group);
  return member;
}

/** Where the members are alike a later change of subscription makes them unlike for a while. */
function joining(group, member, round) {
  const { dice } = group;
  const joins = { ...member };
  if (dice.chance(8)) joins.misses = true;
  if (round > 1 && dice.chance(5)) joins.told = { partitions: drawPartitions(group), generation: dice.int(round) };
  if (round > 1 && dice.chance(5)) joins.topics = drawSubscription(group);
  return joins;
}

function drawPartitions({ dice, partitionCount }) {
  return Array.from({ length: partitionCount }, (_, number) => number).filter(() => dice.chance(30));
}

function changed(group, members) {
  const { dice } = group;
  const stay = members.filter(() => dice.chance(85));
  const come = Array.from({ length: dice.pick([0, 0, 1, 1, 2]) }, () => drawMember(group));
  const next = [...stay, ...come];
  return next.length === 0 ? [drawMember(group)] : next;
}
