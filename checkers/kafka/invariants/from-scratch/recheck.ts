/**
 * The invariants W1 to W11, W20 and W22 a second time, for the paranoid. After every event of the world each is asked anew
 * of all that stands there, straight from its sentence and from the brokers' own logs and roles (views.ts), not from a fold
 * over probes; and what the invariants have said during that event must be the same. What begins to be broken must have
 * been told of, and what was told of must be broken. Neither may miss what the other sees.
 *
 * This is slow, and goes by memory only where a sentence does ("was ever committed"): see memory.ts. Invariants of what no
 * view shows have no second form, each for a reason: see `notRechecked`.
 */
import type { KafkaView } from '../../../../model/kafka/views.js';
import { foldedKinds, probeKinds, type NamedProbes, type ProbeListener } from '../../probe-kinds.js';
import type { InvariantOptions } from '../create.js';
import { acknowledgedIsHeld, readsAreFaithful, successIsCommitted } from './answers.js';
import { controllerStateIsInShape, isrHolds, leaderHoldsCommitted, logsMatch } from './committed.js';
import { ControllersMemory, epochsGoForward, oneLeads } from './epochs.js';
import { isUnchanged, lookAt, type PartitionNow } from './look.js';
import { ClusterMemory, type Announcement } from './memory.js';
import type { EventSeen, PartitionRule } from './rule.js';
import { highWatermarkIsBounded, highWatermarkIsEligible, leaderNeverTakesBack } from './watermarks.js';

const partitionRules: readonly PartitionRule[] = [
  leaderHoldsCommitted,
  acknowledgedIsHeld,
  successIsCommitted,
  highWatermarkIsEligible,
  logsMatch,
  isrHolds,
  oneLeads,
  epochsGoForward,
  controllerStateIsInShape,
  leaderNeverTakesBack,
  highWatermarkIsBounded,
  readsAreFaithful,
];

/** Every invariant that is checked again. */
export const recheckedIds: ReadonlySet<string> = new Set([...partitionRules.map(({ id }) => id), 'W20']);

const byBatches =
  'views show records by leader epoch and value: whose batch, transaction or marker one is, probes alone tell; the logs that it goes by are checked again by W1, W5 and W6';
const byOneProbe =
  'a coordinator keeps its groups in memory that no view shows, and announces all that the sentence compares at once';

/** The others, by id: why nothing is left to ask of the views when an event is over. */
export const notRechecked: Readonly<Record<string, string>> = {
  W12: byBatches,
  W13: byBatches,
  W14: byBatches,
  W15: byBatches,
  W16: byBatches,
  W17: byOneProbe,
  W18: byOneProbe,
  W19: byOneProbe,
  W21: 'a broker that is down has no view; once it runs again, what its log holds is checked again by W5 and W6',
  W23: 'what compaction removed is gone when the event is over; what it left is checked again by W6',
};

/** The invariants and the check from scratch disagree about an event. */
export interface Disagreement {
  readonly id: string;
  /** "orders-0"; null: of no partition. */
  readonly partition: string | null;
  /** What each says. */
  readonly invariants: string;
  readonly fromScratch: string;
}

const NOWHERE = -1;
const HOLDS = 'it holds';

/** Listens to every probe, and hears every breach that the invariants tell of, those told before included. */
export class Recheck implements ProbeListener {
  /** The probes that it listens to. */
  readonly kinds: readonly number[];
  readonly #seen: EventSeen;
  readonly #controllers = new ControllersMemory();
  #announced: Announcement[] = [];
  /** "id|key" of what the invariants told of during this event, with their story. */
  readonly #told = new Map<string, string>();
  readonly #before: (PartitionNow | undefined)[] = [];
  /** By key: "id|key|what", all that is broken. */
  readonly #broken: (readonly string[])[] = [];

  constructor(
    view: KafkaView,
    probes: NamedProbes,
    { highWatermarkGate = true, fetchEpochFencing = true, control = 'kraft' }: InvariantOptions,
  ) {
    const kinds = probeKinds(probes);
    this.kinds = foldedKinds(kinds);
    const rules = { highWatermarkGate, fetchEpochFencing, underZooKeeper: control === 'zookeeper' };
    this.#seen = { view, kinds, rules, cluster: new ClusterMemory(kinds) };
  }

  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void {
    this.#announced.push({ kind, machine, key, a, b, c, d });
  }

  told(id: string, key: number, story: string): void {
    if (recheckedIds.has(id)) this.#told.set(`${id}|${key}`, story);
  }

  /** When an event is over. */
  afterEvent(): readonly Disagreement[] {
    const announced = this.#announced;
    this.#announced = [];
    for (const announcement of announced) this.#seen.cluster.hear(announcement);
    const begun = this.#checkControllers(announced);
    const isOfAll = announced.some(({ key }) => key < 0);
    for (let key = 0; key < this.#seen.view.keys.length; key++) {
      const ofKey = announced.filter((announcement) => announcement.key === key);
      this.#checkPartition(key, ofKey, isOfAll || ofKey.length > 0, begun);
    }
    const disagreements = this.#compare(begun);
    this.#told.clear();
    return disagreements;
  }

  #checkControllers(announced: readonly Announcement[]): string[] {
    const begun: string[] = [];
    this.#controllers.check(this.#seen, announced, (id, what) => begun.push(`${id}|${NOWHERE}|${what}`));
    this.#broken[0] = begun;
    return begun;
  }

  #checkPartition(key: number, announced: readonly Announcement[], isHeardOf: boolean, begun: string[]): void {
    const before = this.#before[key];
    const now = lookAt(this.#seen.view, key, before);
    // What stands as it stood, and nothing was said of, is as broken as it was.
    if (!isHeardOf && before !== undefined && isUnchanged(now, before)) return;
    this.#before[key] = now;
    const memory = this.#seen.cluster.partition(key);
    const seen = { ...this.#seen, now, before, announced, memory };
    const broken: string[] = [];
    for (const { id, check } of partitionRules) check(seen, (what) => broken.push(`${id}|${key}|${what}`));
    const known = new Set(this.#broken[key + 1]);
    begun.push(...broken.filter((one) => !known.has(one)));
    this.#broken[key + 1] = broken;
  }

  #compare(begun: readonly string[]): readonly Disagreement[] {
    const disagreements: Disagreement[] = [];
    for (const one of begun) {
      const [id, key, what] = one.split('|') as [string, string, string];
      if (this.#told.has(`${id}|${key}`)) continue;
      disagreements.push({ id, partition: this.#name(key), invariants: HOLDS, fromScratch: what });
    }
    for (const [name, story] of this.#told) {
      const [id, key] = name.split('|') as [string, string];
      const isBroken = this.#broken[Number(key) + 1]?.some((one) => one.startsWith(`${name}|`)) === true;
      if (!isBroken) disagreements.push({ id, partition: this.#name(key), invariants: story, fromScratch: HOLDS });
    }
    return disagreements;
  }

  #name(key: string): string | null {
    return this.#seen.view.keys[Number(key)] ?? null;
  }
}
