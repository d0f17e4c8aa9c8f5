/** Why answers did not come: what had befallen brokers and the network before a scene begins, and still told in it. */
import { firstIndexFrom, lastIndexAt } from '../../trace-record.js';
import { ANTECEDENT_MICROS, antecedentLines, clusterLines, type Scene } from './cluster-lines.js';
import type { Draft, Teller } from './teller.js';

/** A broker that is gone already is fenced only later, by the session time-out. */
const AFTERMATH_MICROS = 10_000_000;

/** Faults that still held; those of brokers that are fenced in the scene or soon after; else the last one, which had healed. */
export function reasonLines(teller: Teller, scene: Scene): readonly Draft[] {
  const ends = (teller.reader.trace.time[scene.to] ?? 0) + AFTERMATH_MICROS;
  const known = [
    ...clusterLines(teller, scene).filter(({ role }) => role === 'fault' || role === 'down'),
    ...faultsInForce(teller, scene.key, scene.from, scene.heroes),
    ...antecedentLines(teller, { ...scene, to: lastIndexAt(teller.reader, ends) }),
  ];
  return known.length > 0 ? known : lastFault(teller, scene);
}

/** Faults that had begun before the scene and still held: the reason why an answer did not come. */
export function faultsInForce(teller: Teller, key: number, index: number, heroes: readonly number[]): readonly Draft[] {
  const { reader } = teller;
  const inForce = new Map<number, number>();
  for (const record of reader.scan(['fault-began', 'fault-ended'], -1, 0, index)) {
    if (record.event === 'fault-began') inForce.set(record.strike, record.index);
    else inForce.delete(record.strike);
  }
  const lines = [...inForce.values()].flatMap((at) => clusterLines(teller, { key, from: at, to: at, heroes }));
  return lines.filter((line) => line.role === 'fault');
}

/** Connections that a cut left hanging outlive it by their time-outs (replica.socket.timeout.ms, request.timeout.ms). */
function lastFault(teller: Teller, scene: Scene): readonly Draft[] {
  const { reader } = teller;
  const since = firstIndexFrom(reader, Math.max(0, (reader.trace.time[scene.from] ?? 0) - ANTECEDENT_MICROS));
  const before = clusterLines(teller, { ...scene, from: since, to: scene.from });
  const began = before.findLast(({ role }) => role === 'fault');
  if (began === undefined) return [];
  // That it was over matters as much as that it was.
  const both = before.filter(({ role, strike }) => strike === began.strike && (role === 'fault' || role === 'heal'));
  return both.map((line) => ({ ...line, weight: began.weight }));
}
