import { describe, expect, it } from 'vitest';
import { Api, type BrokerHeartbeatRequest } from '../../protocol/messages.js';
import { Heartbeats } from './heartbeats.js';

const SESSION = 9_000_000;

function heartbeat(wants: Partial<BrokerHeartbeatRequest>): BrokerHeartbeatRequest {
  return {
    kind: Api.brokerHeartbeat,
    bytes: 10,
    correlationId: 1,
    brokerId: 1,
    brokerEpoch: 5,
    currentMetadataOffset: 5,
    wantFence: false,
    wantShutDown: false,
    ...wants,
  };
}

function sessions(...brokers: number[]): Heartbeats {
  const heartbeats = new Heartbeats(SESSION);
  for (const broker of brokers) heartbeats.register(broker, false, 0);
  return heartbeats;
}

describe('heartbeats', () => {
  it('a session lasts broker.session.timeout.ms from the last contact, its last instant included', () => {
    const heartbeats = sessions(1);
    expect(heartbeats.hasValidSession(1, SESSION)).toBe(true);
    expect(heartbeats.hasValidSession(1, SESSION + 1)).toBe(false);
    expect(heartbeats.nextCheckAt()).toBe(SESSION + 1);
    heartbeats.touch(1, false, 7, 1000);
    expect(heartbeats.hasValidSession(1, SESSION + 1000)).toBe(true);
  });

  it('a fenced broker has no session, however recently it was heard', () => {
    const heartbeats = sessions(1);
    heartbeats.touch(1, true, 7, 10);
    expect(heartbeats.hasValidSession(1, 11)).toBe(false);
    expect(heartbeats.nextCheckAt()).toBe(-1);
  });

  it('finds stale brokers one at a time, the longest silent first', () => {
    const heartbeats = sessions(1, 2, 3);
    heartbeats.touch(1, false, 0, 30);
    heartbeats.touch(2, false, 0, 10);
    heartbeats.touch(3, false, 0, 20);
    const late = SESSION + 1000;
    const found: number[] = [];
    for (let broker = heartbeats.findStaleBroker(late); broker >= 0; broker = heartbeats.findStaleBroker(late)) {
      found.push(broker);
      heartbeats.fence(broker);
    }
    expect(found).toEqual([2, 3, 1]);
  });

  it('unfences a broker that wants it and has read up to its own registration', () => {
    const heartbeats = new Heartbeats(SESSION);
    heartbeats.register(1, true, 0);
    expect(heartbeats.nextState(heartbeat({ wantFence: true }), 5, false)).toBe('fenced');
    expect(heartbeats.nextState(heartbeat({ currentMetadataOffset: 4 }), 5, false)).toBe('fenced');
    expect(heartbeats.nextState(heartbeat({}), 5, false)).toBe('unfenced');
  });

  it('lets a broker without leaderships stop at once, one with leaderships after they have moved', () => {
    expect(sessions(1).nextState(heartbeat({ wantShutDown: true }), 5, false)).toBe('shutdown-now');
    expect(sessions(1).nextState(heartbeat({ wantShutDown: true }), 5, true)).toBe('controlled-shutdown');
  });

  it('a stopping broker waits until every active broker has read the decision', () => {
    const heartbeats = sessions(1, 2, 3);
    heartbeats.touch(2, false, 40, 0);
    heartbeats.touch(3, false, 50, 0);
    heartbeats.beginControlledShutdown(1, 45);
    const wants = heartbeat({ wantShutDown: true });
    expect(heartbeats.nextState(wants, 5, true)).toBe('controlled-shutdown');
    expect(heartbeats.nextState(wants, 5, false)).toBe('controlled-shutdown');
    heartbeats.touch(2, false, 45, 0);
    expect(heartbeats.nextState(wants, 5, false)).toBe('shutdown-now');
  });

  it('lets a fenced broker stop at once', () => {
    const heartbeats = new Heartbeats(SESSION);
    heartbeats.register(1, true, 0);
    expect(heartbeats.nextState(heartbeat({ wantShutDown: true }), 5, false)).toBe('shutdown-now');
  });
});
