import { describe, expect, it } from 'vitest';
import { KernelProbe } from '../../kernel/probes.js';
import { Api, type ProduceRequest } from '../protocol/messages.js';
import { Lab } from './testing/lab.js';
import { answer, hold } from './testing/scripted-broker.js';

const holdProduce = (kind: number) => (kind === Api.produce ? hold : answer);

describe('a connection of a client', () => {
  it('is closed when a request on it waits longer than request.timeout.ms, and all requests in flight are lost to the client', () => {
    const lab = new Lab({ topics: [2] });
    const p = lab.producer({ retries: 0, 'enable.idempotence': false, 'request.timeout.ms': 1000 });
    lab.pass(500);
    lab.sendToPartition(p, 0, [1]);
    lab.sendToPartition(p, 1, [2]);
    lab.pass(500);
    lab.script = ({ kind }) => holdProduce(kind);
    lab.sendToPartition(p, 0, [3]);
    lab.pass(400);
    lab.sendToPartition(p, 1, [4]);
    lab.pass(590);
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@0', 'open', 'open']);
    lab.pass(20);
    // The second was 610 ms old, and went down with the first.
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@0', 'info', 'info']);
    expect(lab.log.send(4).error).toBe('REQUEST_TIMED_OUT');
  });

  it('leaves the bytes that were written to the broker, which processes them after the client has given up', () => {
    const lab = new Lab();
    const p = lab.producer({ retries: 0, 'enable.idempotence': false, 'request.timeout.ms': 1000 });
    lab.pass(500);
    lab.script = ({ kind }) => holdProduce(kind);
    lab.send(p, [1]);
    lab.pass(2000);
    expect(lab.log.sends()).toEqual(['info']);
    expect(lab.cluster.partition(0).values).toEqual([]);
    lab.broker(1).release();
    expect(lab.cluster.partition(0).values).toEqual([1]);
    lab.pass(2000);
    expect(lab.log.sends()).toEqual(['info']);
  });

  it('has at most max.in.flight.requests.per.connection requests in flight', () => {
    const lab = new Lab({ topics: [8] });
    const p = lab.producer({ 'max.in.flight.requests.per.connection': 3, 'enable.idempotence': false });
    lab.pass(500);
    lab.sendToPartition(p, 0, [100]);
    lab.pass(100);
    lab.script = ({ kind }) => holdProduce(kind);
    for (let partition = 0; partition < 8; partition++) {
      lab.sendToPartition(p, partition, [partition]);
      lab.pass(10);
    }
    expect(lab.probed('batch-sent')).toHaveLength(1 + 3);
    lab.script = () => answer;
    lab.broker(1).release();
    lab.pass(100);
    expect(lab.log.sends().every((outcome) => outcome.startsWith('ok'))).toBe(true);
  });

  it('is tried again after reconnect.backoff.ms, doubling up to the maximum', () => {
    const lab = new Lab();
    const attempts: number[] = [];
    lab.world.net.refuse(1, true);
    lab.world.probes.listen([KernelProbe.connectionBroken], { onProbe: () => attempts.push(lab.world.now) });
    lab.producer({ 'reconnect.backoff.ms': 100, 'reconnect.backoff.max.ms': 1000 });
    lab.pass(5000);
    const waits = attempts.slice(1).map((at, i) => at - attempts[i]!);
    expect(waits.length).toBeGreaterThan(4);
    for (const [i, expected] of [100, 200, 400, 800, 1000].entries()) {
      expect(waits[i]! / 1000).toBeGreaterThan(expected * 0.8);
      expect(waits[i]! / 1000).toBeLessThan(expected * 1.2 + 60);
    }
  });

  it('gives a setup up after socket.connection.setup.timeout.ms and tries another broker', () => {
    const lab = new Lab({ brokers: 2, topics: [2] });
    lab.world.net.blackHole(1, true);
    const p = lab.producer({ 'socket.connection.setup.timeout.ms': 1000, 'enable.idempotence': false });
    lab.send(p, [1], 'key-1');
    lab.pass(10_000);
    lab.sendToPartition(p, 1, [2]);
    lab.pass(1000);
    expect(lab.log.send(2).outcome).toBe('ok');
  });

  it('is closed when it was idle for connections.max.idle.ms', () => {
    const lab = new Lab();
    const p = lab.producer({ 'connections.max.idle.ms': 3000, 'metadata.max.age.ms': 3_000_000 });
    lab.pass(500);
    lab.send(p, [1]);
    lab.pass(2500);
    const metadataBefore = lab.broker(1).requestsOf(Api.metadata).length;
    lab.pass(1000);
    // The disconnect asks for metadata, which connects again.
    lab.pass(1000);
    expect(lab.broker(1).requestsOf(Api.metadata).length).toBe(metadataBefore + 1);
    lab.send(p, [2]);
    lab.pass(500);
    expect(lab.log.sends()).toEqual(['ok@0', 'ok@1']);
  });

  it('carries correlation ids in the order of requests', () => {
    const lab = new Lab();
    const p = lab.producer({ 'enable.idempotence': false });
    lab.pass(500);
    for (let value = 0; value < 5; value++) {
      lab.send(p, [value]);
      lab.pass(20);
    }
    const ids = lab
      .broker(1)
      .requestsOf<ProduceRequest>(Api.produce)
      .map(({ correlationId }) => correlationId);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    expect(new Set(ids).size).toBe(5);
  });

  it('does not keep a client busy while its setup goes unanswered', () => {
    const lab = new Lab({ brokers: 3 });
    for (let id = 1; id <= 3; id++) lab.world.net.blackHole(id, true);
    const p = lab.producer();
    lab.send(p, [1]);
    lab.pass(1000);
    const before = lab.world.events;
    lab.pass(8000);
    expect(lab.world.events - before).toBeLessThan(100);
  });
});

describe('time-outs of a client', () => {
  it('are measured by its wall clock: a jump of it lets requests time out at the next look', () => {
    const lab = new Lab();
    const p = lab.producer({ retries: 0, 'enable.idempotence': false, 'linger.ms': 100 });
    lab.pass(500);
    lab.send(p, [0]);
    lab.pass(500);
    lab.script = ({ kind }) => holdProduce(kind);
    lab.send(p, [1]);
    lab.pass(1000);
    lab.world.jumpClock(p, 3_600_000_000);
    expect(lab.log.send(1).outcome).toBe('open');
    lab.script = () => answer;
    lab.send(p, [2]);
    lab.pass(1000);
    expect(lab.log.send(1)).toMatchObject({ outcome: 'info', error: 'REQUEST_TIMED_OUT' });
    // Neither do timers that were set before the jump hold up what is due after it.
    expect(lab.log.send(2).outcome).toBe('ok');
  });

  it('are stretched when its wall clock is set back', () => {
    const lab = new Lab();
    const p = lab.producer({ 'enable.idempotence': false, 'delivery.timeout.ms': 3000, 'request.timeout.ms': 3000 });
    lab.pass(500);
    lab.send(p, [0]);
    lab.pass(500);
    lab.script = ({ kind }) => holdProduce(kind);
    lab.send(p, [1]);
    lab.pass(1000);
    lab.world.jumpClock(p, -10_000_000);
    lab.pass(11_000);
    expect(lab.log.send(1).outcome).toBe('open');
    lab.pass(1100);
    expect(lab.log.send(1).outcome).toBe('info');
  });
});
