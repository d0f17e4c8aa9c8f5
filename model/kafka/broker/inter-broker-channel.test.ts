import { describe, expect, it } from 'vitest';
import { message, Stage, type Actor } from '../../kernel/testing/stage.js';
import type { Request, Response } from '../protocol/messages.js';
import { InterBrokerChannel } from './inter-broker-channel.js';

const SECOND = 1_000_000;
const DEADLINE = 1;
const RECONNECT = 2;

/** A broker that asks controllers 2 and 3, of which each answers at once what it is asked. */
function brokerAndControllers() {
  const stage = new Stage();
  const heard: string[] = [];
  let channel!: InterBrokerChannel;
  let active = 2;
  const broker = stage.add('broker', {
    start({ host }: Actor) {
      channel = new InterBrokerChannel(
        host,
        {
          purpose: 7,
          requestTimeoutMicros: 2 * SECOND,
          reconnectBackoffMaxMicros: SECOND,
          deadlineTimer: DEADLINE,
          reconnectTimer: RECONNECT,
        },
        () => active,
        { onResponse: () => void heard.push('response'), onRequestLost: () => void heard.push('request lost') },
      );
    },
    connected: (_, connection) => channel.onConnected(connection),
    message: (_, connection, received) => channel.onMessage(connection, received),
    broken: (_, connection, why) => channel.onBroken(connection, why),
    timer: (_, kind) => channel.onTimer(kind),
  });
  const answering = {
    message(_: Actor, connection: { send(message: Response): void }, received: { kind: number }) {
      connection.send({ ...received, bytes: 50 } as Response);
    },
  };
  stage.add('controller2', answering);
  stage.add('controller3', answering);
  const ask = (): void => channel.send({ ...message(5), correlationId: channel.nextCorrelationId() } as Request);
  return {
    stage,
    broker,
    ask,
    turnTo: (controller: number): void => void (active = controller),
    heardAfter: (micros: number): string[] => {
      stage.pass(micros);
      return heard.splice(0);
    },
  };
}

describe('a channel to another node', () => {
  it('brings the answer', () => {
    const { ask, heardAfter } = brokerAndControllers();
    ask();
    expect(heardAfter(SECOND)).toEqual(['response']);
  });

  it('gives a request up after the request time-out where the connection is not made by then', () => {
    const { stage, ask, heardAfter } = brokerAndControllers();
    stage.world.net.cut(1, 2, true);
    ask();
    expect(heardAfter(1.9 * SECOND)).toEqual([]);
    expect(heardAfter(0.2 * SECOND)).toEqual(['request lost']);
  });

  it('goes on connecting meanwhile: the next request takes the connection when it is made', () => {
    const { stage, broker, ask, heardAfter } = brokerAndControllers();
    stage.world.net.cut(1, 2, true);
    ask();
    expect(heardAfter(2.1 * SECOND)).toEqual(['request lost']);
    ask();
    stage.world.net.cut(1, 2, false);
    expect(heardAfter(1.9 * SECOND)).toEqual(['response']);
    expect(stage.heard(broker).filter((what) => what.startsWith('connected'))).toHaveLength(1);
  });

  it('asks the controller of then, where the connection breaks before it is made', () => {
    const { stage, broker, ask, turnTo, heardAfter } = brokerAndControllers();
    stage.world.kill(2);
    ask();
    expect(heardAfter(SECOND)).toEqual(['request lost']);
    turnTo(3);
    ask();
    expect(heardAfter(SECOND)).toEqual(['response']);
    expect(stage.heard(broker)).toContain('connected to 3');
  });

  it('gives a request up that is not answered in time, and its connection with it', () => {
    const { stage, broker, ask, heardAfter } = brokerAndControllers();
    ask();
    expect(heardAfter(SECOND)).toEqual(['response']);
    stage.world.pause(2);
    ask();
    expect(heardAfter(1.9 * SECOND)).toEqual([]);
    expect(heardAfter(0.2 * SECOND)).toEqual(['request lost']);
    stage.world.resume(2);
    ask();
    expect(heardAfter(SECOND)).toEqual(['response']);
    expect(stage.heard(broker).filter((what) => what.startsWith('connected'))).toHaveLength(2);
  });
});
