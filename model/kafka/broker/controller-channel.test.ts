import { describe, expect, it } from 'vitest';
import { message, Stage, type Actor } from '../../kernel/testing/stage.js';
import { KafkaError } from '../protocol/errors.js';
import type { Request, Response } from '../protocol/messages.js';
import { NOBODY } from '../protocol/raft-messages.js';
import type { ConnectionOwner, ControllerServices } from './components.js';
import { ControllerChannel } from './controller-channel.js';

const SECOND = 1_000_000;

/** A broker that asks whom it believes to be the controller, at first machine 2; only machine 3 is. */
function brokerAndControllers() {
  const stage = new Stage();
  const heard: string[] = [];
  let channel!: ControllerChannel;
  let active = 2;
  const broker = stage.add('broker', {
    start({ host }: Actor) {
      const services = { host, controllerMachine: () => active } as Partial<ControllerServices>;
      channel = new ControllerChannel(
        services as ControllerServices,
        { purpose: 7, retryTimeoutMicros: 5 * SECOND, deadlineTimer: 1, reconnectTimer: 2 },
        { onResponse: () => void heard.push('response'), onTimeout: () => void heard.push('timed out') },
      );
    },
    connected: (_, connection) => (connection.state as ConnectionOwner).onConnected(connection),
    message: (_, connection, received) => (connection.state as ConnectionOwner).onMessage(connection, received),
    broken: (_, connection, why) => (connection.state as ConnectionOwner).onBroken(connection, why),
    timer: (_, kind) => channel.onTimer(kind),
  });
  const asked = [0, 0, 0, 0];
  for (const [machine, error] of [
    [2, KafkaError.NOT_CONTROLLER],
    [3, KafkaError.NONE],
  ]) {
    stage.add(`controller${machine}`, {
      message(_: Actor, connection: { send(message: Response): void }, received: { kind: number }) {
        asked[machine]++;
        connection.send({ ...received, bytes: 50, error } as unknown as Response);
      },
    });
  }
  return {
    stage,
    broker,
    asked,
    ask: (): void => channel.send({ ...message(5), correlationId: channel.nextCorrelationId() } as Request),
    believe: (controller: number): void => void (active = controller),
    heardAfter: (micros: number): string[] => {
      stage.pass(micros);
      return heard.splice(0);
    },
  };
}

describe('a request to the active controller', () => {
  it('is put again, after a wait, to one that says that it is none, and at once to another', () => {
    const { ask, asked, believe, heardAfter } = brokerAndControllers();
    ask();
    expect(heardAfter(SECOND)).toEqual([]);
    expect(asked[2]).toBeGreaterThan(5);
    expect(asked[2]).toBeLessThan(30);
    believe(3);
    expect(heardAfter(SECOND)).toEqual(['response']);
    expect(asked[3]).toBe(1);
  });

  it('is put again when its connection breaks: whoever made it does not hear of that', () => {
    const { stage, ask, asked, believe, heardAfter } = brokerAndControllers();
    believe(3);
    stage.world.pause(3);
    ask();
    expect(heardAfter(SECOND)).toEqual([]);
    stage.world.kill(3);
    stage.world.start(3);
    expect(heardAfter(SECOND)).toEqual(['response']);
    expect(asked[3]).toBe(1);
  });

  it('times out when nobody has taken it for the retry time-out', () => {
    const { ask, heardAfter } = brokerAndControllers();
    ask();
    expect(heardAfter(4.9 * SECOND)).toEqual([]);
    expect(heardAfter(0.3 * SECOND)).toEqual(['timed out']);
  });

  it('times out where no controller is known, too, and the next goes to whoever is known then', () => {
    const { ask, believe, heardAfter } = brokerAndControllers();
    believe(NOBODY);
    ask();
    expect(heardAfter(4.9 * SECOND)).toEqual([]);
    expect(heardAfter(0.3 * SECOND)).toEqual(['timed out']);
    believe(3);
    ask();
    expect(heardAfter(SECOND)).toEqual(['response']);
  });
});
