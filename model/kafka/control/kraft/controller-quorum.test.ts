import { describe, expect, it } from 'vitest';
import { createWorld } from '../../../kernel/world.js';
import { Probe } from '../../probes.js';
import { errorName } from '../../protocol/errors.js';
import { Api, type AlterPartitionResponse, type Request } from '../../protocol/messages.js';
import { ScriptedCluster } from './testing/scripted-broker.js';

function cluster(): ScriptedCluster {
  return new ScriptedCluster(createWorld({ seed: 'quorum' }), undefined, {}, 3).up();
}

/** The leader of orders-0 asks for an ISR of itself alone. */
function shrink(it: ScriptedCluster) {
  const { leader, leaderEpoch, partitionEpoch } = it.committed.image.partition(0)!;
  const newIsr = [{ brokerId: leader, brokerEpoch: it.brokerEpochs[leader] }];
  const partitions = [{ partition: 0, leaderEpoch, partitionEpoch, newIsr, leaderRecoveryState: 0 }];
  const fields = { kind: Api.alterPartition, brokerId: leader, brokerEpoch: it.brokerEpochs[leader], partitions };
  return it.ask<AlterPartitionResponse>(leader, fields as unknown as Request);
}

function cutOff(it: ScriptedCluster, controller: number, on: boolean): void {
  for (const other of it.controllers) {
    if (other === controller) continue;
    it.world.net.cut(controller, other, on);
    it.world.net.cut(other, controller, on);
  }
}

describe('controllers', () => {
  it('have one active among them, and the others hear what it decides', () => {
    const it = cluster();
    expect(it.controllers.filter((machine) => it.controllerOn(machine)!.isActive)).toHaveLength(1);
    it.run(1.1);
    for (const machine of it.controllers) {
      expect(it.controllerOn(machine)!.stable.partition(0)).toEqual(it.committed.image.partition(0));
    }
  });

  it('decide | committed: a decision that no majority has is taken back, and who waits for it is sent elsewhere', () => {
    const it = cluster();
    const deposed = it.controllerMachine;
    let reverted = 0;
    it.world.probes.listen([Probe.uncommittedReverted], { onProbe: () => reverted++ });
    cutOff(it, deposed, true);
    const question = shrink(it);
    it.run(1);
    expect(it.controllerOn(deposed)!.image.partition(0)!.isr).toHaveLength(1);
    expect(it.committed.image.partition(0)!.isr).toHaveLength(3);
    expect(question.answer).toBeNull();
    it.run(8);
    expect(errorName(question.answer!.error)).toBe('NOT_CONTROLLER');
    expect(reverted).toBe(1);
    expect(it.controllerOn(deposed)!.isActive).toBe(false);
    expect(it.controllerMachine).not.toBe(deposed);
    cutOff(it, deposed, false);
    it.run(4);
    expect(it.controllerOn(deposed)!.stable.partition(0)).toEqual(it.committed.image.partition(0));
  });

  it('committed | reply: what a majority has outlives the controller that decided it', () => {
    const it = cluster();
    const first = it.controllerMachine;
    const question = shrink(it);
    while (it.committed.image.partition(0)!.isr.length === 3) it.world.step();
    it.world.kill(first);
    it.run(8);
    expect(question.answer).toBeNull();
    expect(it.controllerMachine).not.toBe(first);
    expect(it.controller.image.partition(0)!.isr).toHaveLength(1);
  });

  it('grant every broker a full session when another takes over', () => {
    const it = cluster();
    it.run(7);
    it.world.kill(it.controllerMachine);
    it.run(8);
    expect([1, 2, 3].map((id) => it.committed.image.isAlive(id))).toEqual([true, true, true]);
    it.run(8);
    expect([1, 2, 3].map((id) => it.committed.image.isAlive(id))).toEqual([false, false, false]);
  });
});
