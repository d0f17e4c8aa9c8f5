import { describe, expect, it } from 'vitest';
import { ControlApi } from '../../../protocol/control-messages.js';
import type { DefectId } from '../../../protocol/versions/defects.js';
import { Api, type AlterPartitionReassignmentsRequest } from '../../../protocol/messages.js';
import type { TopicZnode } from '../znodes.js';
import { expectOk, request, type ZkSteps } from '../zk-steps.js';
import { isBeingReassigned } from './assignments.js';
import { ControllerLab, SECOND } from './testing/controller-lab.js';

/** The one partition has replicas on b1, b2 and b3, or others; the fourth broker has none. */
class ReassignmentLab extends ControllerLab {
  readonly original: readonly number[];
  readonly added: number;

  constructor(defects: readonly DefectId[] = []) {
    super({ kafka: '2.5', brokers: 4, defects });
    this.ready();
    this.original = this.assignment.replicas[0];
    this.added = this.brokers.find((broker) => !this.original.includes(broker))!;
  }

  get assignment(): TopicZnode {
    return this.tree.node(this.paths.topics[0])!.data as TopicZnode;
  }

  get isUnderWay(): boolean {
    return isBeingReassigned(this.broker(this.controllerId).controller.context.assignments[0]!);
  }

  /** null: what is under way is taken back. */
  ask(replicas: readonly number[] | null): void {
    const request: Partial<AlterPartitionReassignmentsRequest> = {
      kind: Api.alterPartitionReassignments,
      bytes: 50,
      correlationId: 1,
      partitions: [{ partition: 0, replicas }],
    };
    this.broker(this.controllerId).ask(request as AlterPartitionReassignmentsRequest);
  }

  /** As a leader writes it that has heard of nothing newer (Partition.expandIsr). */
  expandIsr(to: number): void {
    const { leader, leaderEpoch, isr, controllerEpoch, zkVersion } = this.state()!;
    const data = { leader, leaderEpoch, isr: [...isr, to], controllerEpoch };
    const path = this.paths.states[0];
    function* write(): ZkSteps<void> {
      expectOk(yield* request({ kind: 'set-data', path, data, version: zkVersion }));
    }
    let isWritten = false;
    const writer = this.brokers.find((broker) => broker !== this.controllerId)!;
    this.broker(writer).session.run(write(), (failure) => (isWritten = failure === null));
    this.until('the ISR is written', () => isWritten);
  }

  /** The new replica comes into the ISR when the controller has looked whether it is in there, and has not yet told its leader. */
  cancelAsItCatchesUp(): void {
    const { original, added } = this;
    this.ask([original[0], original[1], added]);
    this.until('the leader is told', () => this.state()!.leaderEpoch === 1);
    this.pass(SECOND);
    this.ask(null);
    const { told } = this.broker(added);
    this.until('it is stopped', () => told.some(({ kind }) => kind === ControlApi.stopReplica));
    this.world.pause(this.controllerId);
    expect(this.state()!.leaderEpoch).toBe(1);
    this.expandIsr(added);
  }
}

const sorted = (brokers: readonly number[]): number[] => brokers.toSorted((a, b) => a - b);

describe('a reassignment that is cancelled while its new replica comes into the ISR', () => {
  it.each([
    ['leaves nobody in the ISR who has no replica', [], false],
    ['leaves it in the ISR of the next leader epoch (B85)', ['B85'], true],
  ] as const)('%s', (_, defects, isInIsr) => {
    const lab = new ReassignmentLab(defects);
    lab.cancelAsItCatchesUp();
    lab.world.resume(lab.controllerId);
    lab.until('the leader is told', () => lab.state()!.leaderEpoch === 2);
    lab.pass(SECOND);
    expect(lab.isUnderWay).toBe(false);
    expect(lab.state()!.isr.includes(lab.added)).toBe(isInIsr);
    expect(lab.toldOf(lab.state()!.leader)!.isr.includes(lab.added)).toBe(isInIsr);
    expect(sorted(lab.state()!.isr.filter((broker) => broker !== lab.added))).toEqual(sorted(lab.original));
  });

  it.each([
    ['is forgotten by the next controller, whose next decision takes it out of the ISR', [], false],
    ['is forgotten by the next controller, and stays in the ISR (B85)', ['B85'], true],
  ] as const)('and whose controller dies %s', (_, defects, isInIsr) => {
    const lab = new ReassignmentLab(defects);
    lab.cancelAsItCatchesUp();
    const former = lab.controllerId;
    lab.world.kill(former);
    lab.until('another is elected', () => ![former, -1].includes(lab.controllerId));
    lab.pass(20 * SECOND);
    const decided = lab.state()!;
    expect(decided.leaderEpoch).toBeGreaterThan(1);
    expect(decided.isr.includes(lab.added)).toBe(isInIsr);
  });
});
