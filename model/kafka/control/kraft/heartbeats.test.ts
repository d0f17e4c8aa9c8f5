import { describe, expect, it } from 'vitest';
import type { DefectId } from '../../protocol/versions/defects.js';
import { resolveRules } from '../../protocol/versions/resolve.js';
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
    offlineLogDirs: [],
    ...wants,
  };
}

function sessions(...brokers: number[]): Heartbeats {
  const heartbeats = heartbeatsOf('3.9');
  for (const broker of brokers) heartbeats.grant(broker, false, 0);
  return heartbeats;
}

function heartbeatsOf(version: string, ...defects: DefectId[]): Heartbeats {
  return new Heartbeats(SESSION, resolveRules(version, {}, defects));
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

  it('a fenced broker that is heard has a session, and is not looked at when a stale one is sought', () => {
    const heartbeats = sessions(1);
    heartbeats.touch(1, true, 7, 10);
    expect(heartbeats.hasValidSession(1, 11)).toBe(true);
    expect(heartbeats.nextCheckAt()).toBe(-1);
  });

  it('a registration begins a session (KIP-631); with B82 the first unfencing does, or the first heartbeat', () => {
    const hasSession = (
      version: string,
      until: 'registered' | 'heard' | 'unfenced',
      ...defects: DefectId[]
    ): boolean => {
      const heartbeats = heartbeatsOf(version, ...defects);
      heartbeats.register(1, true, false, 0);
      if (until !== 'registered') heartbeats.touch(1, until === 'heard', 7, 10);
      return heartbeats.hasValidSession(1, 20);
    };
    for (const version of ['3.9', '4.0', '4.1']) expect(hasSession(version, 'registered'), version).toBe(true);
    for (const version of ['3.9', '4.0', '4.1']) expect(hasSession(version, 'registered', 'B82'), version).toBe(false);
    expect(hasSession('3.9', 'heard', 'B82')).toBe(false);
    expect(hasSession('3.9', 'unfenced', 'B82')).toBe(true);
    expect(hasSession('4.0', 'heard', 'B82')).toBe(true);
  });

  it('who has left in order has no session; from 4.0 on (KAFKA-17793) it lasts until it ends', () => {
    const hasSession = (version: string): boolean => {
      const heartbeats = heartbeatsOf(version);
      heartbeats.grant(1, false, 0);
      heartbeats.touch(1, true, 7, 10);
      heartbeats.leave(1);
      return heartbeats.hasValidSession(1, 20);
    };
    expect(hasSession('3.9')).toBe(false);
    expect(hasSession('4.0')).toBe(true);
  });

  it('a controller that takes over grants every broker a session; from 4.1 on (KAFKA-19130) the unfenced', () => {
    const hasSession = (version: string, fenced: boolean): boolean => {
      const heartbeats = heartbeatsOf(version);
      heartbeats.grant(1, fenced, 0);
      return heartbeats.hasValidSession(1, 20);
    };
    expect([hasSession('4.0', true), hasSession('4.0', false)]).toEqual([true, true]);
    expect([hasSession('4.1', true), hasSession('4.1', false)]).toEqual([false, true]);
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
    const heartbeats = heartbeatsOf('3.9');
    heartbeats.register(1, true, false, 0);
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
    const heartbeats = heartbeatsOf('3.9');
    heartbeats.register(1, true, false, 0);
    expect(heartbeats.nextState(heartbeat({ wantShutDown: true }), 5, false)).toBe('shutdown-now');
  });
});
