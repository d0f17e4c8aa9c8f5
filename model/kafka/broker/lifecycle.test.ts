import { describe, expect, it } from 'vitest';
import type { Host, MachineId } from '../../kernel/process.js';
import { createWorld, type World } from '../../kernel/world.js';
import { CommittedMetadata } from '../control/committed-metadata.js';
import { Controller } from '../control/kraft/controller.js';
import { brokerSettings, ordersTopic } from '../control/kraft/testing/scripted-broker.js';
import { Probe } from '../probes.js';
import { Api } from '../protocol/messages.js';
import type { DefectId } from '../protocol/versions/defects.js';
import { resolveRules } from '../protocol/versions/resolve.js';
import type { BrokerConfig } from './config.js';
import { Member } from './testing/member.js';

const CONTROLLER = 4;
class Membership {
  readonly world: World = createWorld({ seed: 'membership' });
  readonly committed = new CommittedMetadata([]);
  readonly refused: number[] = [];

  constructor(...defects: DefectId[]) {
    const { world } = this;
    const rules = resolveRules('3.9', {}, defects);
    for (const nodeId of [1, 2, 3]) {
      const config: BrokerConfig = {
        nodeId,
        rack: null,
        settings: brokerSettings,
        rules,
        answers: rules,
        control: 'kraft',
        controllers: [CONTROLLER],
        topics: [],
        brokers: 3,
        partitions: [
          {
            topic: 0,
            index: 0,
            name: 'orders-0',
            isAlterable: false,
            isAddition: false,
            settings: ordersTopic().settings,
          },
        ],
      };
      world.addMachine({ name: `b${nodeId}`, program: (host: Host) => new Member(host, config) });
    }
    const config = { settings: brokerSettings, rules, topics: [ordersTopic()], brokers: 3, voters: [CONTROLLER] };
    world.addMachine({ name: 'controller', program: (host) => new Controller(host, config, this.committed) });
    world.probes.listen([Probe.registrationRefused], {
      onProbe: (_kind, _machine, _key, broker) => this.refused.push(broker),
    });
    for (const machine of [1, 2, 3, CONTROLLER]) world.start(machine);
    this.run(2);
  }

  run(seconds: number): void {
    this.world.runUntil(this.world.now + seconds * 1_000_000);
  }

  member(machine: MachineId): Member {
    return this.world.process(machine) as Member;
  }

  cut(machine: MachineId, on: boolean): void {
    this.world.net.cut(machine, CONTROLLER, on);
    this.world.net.cut(CONTROLLER, machine, on);
  }

  get serving(): readonly boolean[] {
    return [1, 2, 3].map((broker) => this.committed.image.isActive(broker));
  }
}

const all = [true, true, true];

describe('broker lifecycle', () => {
  it('registers, catches up, loads its logs, and only then is unfenced', () => {
    const it = new Membership();
    expect(it.serving).toEqual(all);
    expect(it.member(1).lifecycle.state).toBe('running');
    expect(it.member(1).unfencings).toBe(1);
    expect(it.committed.image.partition(0)!.isr).toHaveLength(3);
  });

  it('reads every committed record once and in order', () => {
    const it = new Membership();
    it.run(3);
    for (const broker of [1, 2, 3]) {
      expect(it.member(broker).image.nextOffset).toBe(it.committed.image.nextOffset);
      expect(it.member(broker).image.partitions).toEqual(it.committed.image.partitions);
    }
  });

  it('keeps its session by heartbeats, and is not asked to unfence again', () => {
    const it = new Membership();
    it.run(60);
    expect(it.serving).toEqual(all);
    expect(it.member(1).unfencings).toBe(1);
  });

  it('waits after a fast restart until its former session is over, then gets a new epoch', () => {
    const it = new Membership();
    const before = it.member(2).lifecycle.brokerEpoch;
    it.world.kill(2);
    it.world.start(2);
    it.run(5);
    expect(it.refused).toContain(2);
    expect(it.member(2).lifecycle.brokerEpoch).toBe(-1);
    it.run(20);
    expect(it.serving).toEqual(all);
    expect(it.member(2).lifecycle.brokerEpoch).toBeGreaterThan(before);
  });

  it('is fenced when it is cut off, learns nothing of it, and is unfenced by its heartbeats after the heal', () => {
    const it = new Membership();
    const { brokerEpoch } = it.member(3).lifecycle;
    it.cut(3, true);
    it.run(15);
    expect(it.serving).toEqual([true, true, false]);
    expect(it.member(3).image.isActive(3)).toBe(true);
    it.cut(3, false);
    it.run(40);
    expect(it.serving).toEqual(all);
    expect(it.member(3).lifecycle.brokerEpoch).toBe(brokerEpoch);
    expect(it.member(3).image.nextOffset).toBe(it.committed.image.nextOffset);
  });

  /** The request of its first life is on its way and stalls; the connection of its second life overtakes it. */
  const registersLate = (it: Membership): readonly number[] => {
    const registered: number[] = [];
    it.world.probes.listen([Probe.brokerRegistered], {
      onProbe: (_kind, _machine, _key, broker, _epoch, incarnation) => registered.push(broker === 2 ? incarnation : 0),
    });
    it.world.kill(2);
    it.run(12);
    it.world.start(2);
    const held = it.world.net.rule({ from: 2, to: CONTROLLER, kind: Api.brokerRegistration, nth: 1 }, 'hold', 0);
    it.run(0.3);
    it.world.kill(2);
    it.world.start(2);
    it.run(0.3);
    it.world.net.dropRule(held);
    it.run(20);
    return registered;
  };

  it('keeps its place when a registration of its former life arrives late', () => {
    const it = new Membership();
    expect(registersLate(it)).toHaveLength(1);
    expect(it.refused).toContain(2);
    expect(it.committed.image.broker(2)!.brokerEpoch).toBe(it.member(2).lifecycle.brokerEpoch);
    expect(it.serving).toEqual(all);
  });

  it('with B82 loses it, goes on with a stale epoch, and never serves', () => {
    const it = new Membership('B82');
    const registered = registersLate(it);
    const [second, first] = registered;
    expect(registered).toHaveLength(2);
    expect(first).not.toBe(second);
    expect(it.committed.image.broker(2)!.brokerEpoch).toBeGreaterThan(it.member(2).lifecycle.brokerEpoch);
    expect(it.serving).toEqual([true, false, true]);
    // Until somebody restarts it.
    it.world.kill(2);
    it.world.start(2);
    it.run(5);
    expect(it.serving).toEqual(all);
  });

  it('outlives a restart of the controller without registering again', () => {
    const it = new Membership();
    const epochs = [1, 2, 3].map((broker) => it.member(broker).lifecycle.brokerEpoch);
    it.world.powerLoss(CONTROLLER);
    it.run(20);
    it.world.start(CONTROLLER);
    it.run(50);
    expect(it.serving).toEqual(all);
    expect([1, 2, 3].map((broker) => it.member(broker).lifecycle.brokerEpoch)).toEqual(epochs);
    for (const broker of [1, 2, 3]) expect(it.member(broker).image.nextOffset).toBe(it.committed.image.nextOffset);
  });

  it('is fenced by a controller that does not hear it while it is paused, and comes back by itself', () => {
    const it = new Membership();
    it.world.pause(1);
    it.run(12);
    expect(it.serving).toEqual([false, true, true]);
    it.world.resume(1);
    it.run(10);
    expect(it.serving).toEqual(all);
  });

  it('hands its leaderships over before it stops', () => {
    const it = new Membership();
    const { leader, replicas } = it.committed.image.partition(0)!;
    let stopped = false;
    it.member(leader).lifecycle.beginControlledShutdown(() => {
      stopped = true;
    });
    it.run(8);
    expect(stopped).toBe(true);
    expect(it.committed.image.partition(0)).toMatchObject({ leader: replicas[1] });
    expect(it.committed.image.isAlive(leader)).toBe(false);
    it.world.kill(leader);
    it.world.start(leader);
    it.run(2);
    expect(it.refused).toEqual([]);
    expect(it.serving).toEqual(all);
  });

  it('gives up starting when no controller takes its registration for initial.broker.registration.timeout.ms', () => {
    const it = new Membership();
    it.world.kill(CONTROLLER);
    it.world.kill(1);
    it.world.start(1);
    it.run(59);
    expect(it.world.isRunning(1)).toBe(true);
    it.run(2);
    expect(it.world.isRunning(1)).toBe(false);
  });
});
