import { describe, expect, it } from 'vitest';
import { Stage, type Actor } from '../../kernel/testing/stage.js';
import type { MetadataImage } from '../control/metadata-image.js';
import { KafkaError } from '../protocol/errors.js';
import { RESPONSE, type AssignReplicasToDirsRequest, type Response } from '../protocol/messages.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import type { ConnectionOwner, ControllerServices } from './components.js';
import { DirectoryAssignments } from './directory-assignments.js';

const MILLI = 1_000;

/** Broker 1, which has replicas of partitions 0 to 9 alone, and its controller. */
function brokerOf(release: string) {
  const stage = new Stage();
  const said: { readonly at: number; readonly partitions: string }[] = [];
  let assignments!: DirectoryAssignments;
  let error: number = KafkaError.NONE;
  stage.add('broker', {
    start({ host }: Actor) {
      const services = {
        host,
        config: { nodeId: 1, rules: resolveRules(release) },
        brokerEpoch: () => 7,
        controllerMachine: () => 2,
      } as unknown as ControllerServices;
      const image = { partition: (number: number) => ({ replicas: number < 10 ? [1, 3] : [3] }) };
      assignments = new DirectoryAssignments(services, image as unknown as MetadataImage);
    },
    connected: (_, connection) => (connection.state as ConnectionOwner).onConnected(connection),
    message: (_, connection, received) => (connection.state as ConnectionOwner).onMessage(connection, received),
    timer: (_, kind) => assignments.onTimer(kind),
  });
  stage.add('controller', {
    message(_: Actor, connection, received) {
      const { kind, correlationId, partitions } = received as AssignReplicasToDirsRequest;
      const text = partitions.map(({ partition, directoryId }) => `${partition} in ${directoryId}`).join(', ');
      said.push({ at: stage.world.now, partitions: text });
      const answered = error === KafkaError.NONE ? partitions.map(({ partition }) => ({ partition, error })) : [];
      connection.send({ kind: kind + RESPONSE, bytes: 50, correlationId, error, partitions: answered } as Response);
    },
  });
  return {
    add: (partition: number, directory: number): void => assignments.add(partition, directory),
    answer: (with_: number): void => void (error = with_),
    pass: (millis: number): void => stage.pass(millis * MILLI),
    /** What was said since, and when: milliseconds, rounded down to a hundred. */
    said: (): string[] =>
      said.splice(0).map(({ at, partitions }) => `${Math.floor(at / 100_000) * 100}: ${partitions}`),
  };
}

describe('where replicas lie', () => {
  it('is told 100 ms after the first that is new (3.9)', () => {
    const { add, pass, said } = brokerOf('3.9');
    add(0, 100);
    pass(60);
    add(1, 101);
    pass(60);
    add(2, 102);
    pass(1_000);
    expect(said()).toEqual(['100: 0 in 100, 1 in 101', '200: 2 in 102']);
  });

  it('is told when nothing new has come for 500 ms (3.7)', () => {
    const { add, pass, said } = brokerOf('3.7');
    add(0, 100);
    pass(400);
    add(1, 101);
    pass(400);
    add(1, 101);
    pass(1_000);
    expect(said()).toEqual(['900: 0 in 100, 1 in 101']);
  });

  it('is told as it is by then, and not of replicas that are no longer here', () => {
    const { add, pass, said } = brokerOf('3.9');
    add(0, 100);
    add(10, 100);
    add(0, 101);
    pass(1_000);
    expect(said()).toEqual(['100: 0 in 101']);
  });

  it('is told again, after ever longer waits, until the controller takes it', () => {
    const { add, answer, pass, said } = brokerOf('3.9');
    answer(KafkaError.STALE_BROKER_EPOCH);
    add(0, 100);
    pass(800);
    expect(said()).toEqual(['100: 0 in 100', '300: 0 in 100', '700: 0 in 100']);
    answer(KafkaError.NONE);
    add(0, 101);
    pass(3_000);
    expect(said().map((one) => one.slice(one.indexOf(':')))).toEqual([': 0 in 101']);
  });
});
