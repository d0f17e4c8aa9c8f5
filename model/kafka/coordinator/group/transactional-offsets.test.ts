import { describe, expect, it } from 'vitest';
import { Probe } from '../../probes.js';
import { KafkaError } from '../../protocol/errors.js';
import type { DefectId } from '../../protocol/versions/defects.js';
import { GroupLab } from './testing/group-lab.js';

const COMPLETE_COMMIT = 4;

/** A group of one, which has committed offset 1. */
function began(lab: GroupLab) {
  const member = lab.member({ sessionTimeoutMs: 60_000 });
  lab.stable([[0, 1, 2]], member);
  lab.commitError(member.commit(0, 1));
  return member;
}

describe.each([0, 2] as const)(
  'transaction version %i: an offset that is committed in a transaction',
  (transactionVersion) => {
    const rules = { transactionVersion };

    it('counts when the transaction is committed, and is unstable until then (KIP-447)', () => {
      const lab = new GroupLab({ rules });
      const member = began(lab);
      const producer = lab.transaction();
      expect(lab.commitError(producer.commitOffsets(0, 5, member))).toBe(KafkaError.NONE);
      expect(lab.committed(member, 0)).toBe(1);
      expect(lab.committed(member, 0, true)).toBe(-KafkaError.UNSTABLE_OFFSET_COMMIT);
      expect(lab.committed(member, 1, true)).toBe(-1);
      expect(lab.errorOf(producer.end(true))).toBe(KafkaError.NONE);
      lab.run(1);
      expect(lab.committed(member, 0, true)).toBe(5);
    });

    it('is forgotten when the transaction is aborted', () => {
      const lab = new GroupLab({ rules });
      const member = began(lab);
      const producer = lab.transaction();
      lab.commitError(producer.commitOffsets(0, 5, member));
      expect(lab.errorOf(producer.end(false))).toBe(KafkaError.NONE);
      lab.run(1);
      expect(lab.committed(member, 0, true)).toBe(1);
    });

    it.each([
      [true, 5],
      [false, 1],
    ])('waits for its marker with the next coordinator as well (committed: %s)', (committed, expected) => {
      const lab = new GroupLab({ rules });
      const member = began(lab);
      const producer = lab.transaction();
      lab.commitError(producer.commitOffsets(0, 5, member));
      lab.failOver();
      expect(lab.committed(member, 0)).toBe(1);
      expect(lab.committed(member, 0, true)).toBe(-KafkaError.UNSTABLE_OFFSET_COMMIT);
      lab.until(60, () => lab.errorOf(producer.end(committed)) === KafkaError.NONE || 'it is not decided');
      lab.run(2);
      expect(lab.committed(member, 0, true)).toBe(expected);
      lab.failOver();
      expect(lab.committed(member, 0, true)).toBe(expected);
    });
  },
);

describe('a commit in a transaction', () => {
  it('is refused to whoever is not in the present generation (KIP-447)', () => {
    const lab = new GroupLab();
    const member = began(lab);
    const [stranger, old] = [lab.member(), lab.member()];
    Object.assign(stranger, { memberId: 'stranger', generationId: 1 });
    Object.assign(old, { memberId: member.memberId, generationId: 0 });
    const producer = lab.transaction();
    expect(lab.commitError(producer.commitOffsets(0, 5, stranger))).toBe(KafkaError.UNKNOWN_MEMBER_ID);
    expect(lab.commitError(producer.commitOffsets(0, 5, old))).toBe(KafkaError.ILLEGAL_GENERATION);
    expect(lab.committed(member, 0, true)).toBe(1);
  });

  it('was taken from anyone before (2.4), a zombie among them', () => {
    const lab = new GroupLab({ rules: { groupInTransactionalCommits: false, stableOffsetFetch: false } });
    const member = began(lab);
    const zombie = lab.member();
    Object.assign(zombie, { memberId: member.memberId, generationId: 0 });
    const producer = lab.transaction();
    expect(lab.commitError(producer.commitOffsets(0, 5, zombie))).toBe(KafkaError.NONE);
    expect(lab.committed(member, 0, true)).toBe(1);
    lab.errorOf(producer.end(true));
    lab.run(1);
    expect(lab.committed(member, 0)).toBe(5);
  });

  it('outside of the transaction is refused since leaders verify it (KIP-890), and hung before', () => {
    for (const transactionVerification of [true, false]) {
      const lab = new GroupLab({ rules: { transactionVerification } });
      const member = began(lab);
      const producer = lab.transaction();
      lab.commitError(producer.commitOffsets(0, 5, member));
      lab.errorOf(producer.end(true));
      lab.run(1);
      const late = lab.commitError(producer.commitOffsets(0, 3, member));
      expect(late).toBe(transactionVerification ? KafkaError.TRANSACTION_ABORTABLE : KafkaError.NONE);
      const seen = lab.committed(member, 0, true);
      expect(seen).toBe(transactionVerification ? 5 : -KafkaError.UNSTABLE_OFFSET_COMMIT);
    }
  });

  it.each([
    [[], KafkaError.ILLEGAL_GENERATION],
    [['KAFKA-15784'], KafkaError.NONE],
  ] as const)('is looked at once its transaction is verified, and not only before (%j)', (defects, expected) => {
    const lab = new GroupLab({ defects });
    const member = began(lab);
    const producer = lab.transaction();
    const verifier = lab.moveTransactionCoordinatorAway();
    lab.world.pause(verifier);
    const committing = producer.commitOffsets(0, 5, member);
    lab.run(0.5);
    expect(lab.answer(member.join()).generationId).toBe(2);
    lab.world.resume(verifier);
    expect(lab.commitError(committing)).toBe(expected);
  });

  it.each([
    ['and is refused to a fenced producer leaves the offset of its successor alone', [], 7, 7],
    [
      'and is refused to a fenced producer takes the offset of its successor with it, but not out of the log (B86)',
      ['B86'],
      1,
      7,
    ],
  ] as const)('%s', (_, defects, expected, afterwards) => {
    const lab = new GroupLab({ defects });
    const member = began(lab);
    const fenced = lab.producer();
    const { producerId, producerEpoch } = lab.answer(fenced.init());
    Object.assign(fenced, { producerId, producerEpoch });
    const successor = lab.transaction();
    expect(successor.producerId).toBe(fenced.producerId);
    expect(lab.commitError(successor.commitOffsets(0, 7, member))).toBe(KafkaError.NONE);
    expect(lab.commitError(fenced.commitOffsets(0, 5, member))).toBe(KafkaError.INVALID_PRODUCER_EPOCH);
    expect(lab.errorOf(successor.end(true))).toBe(KafkaError.NONE);
    lab.run(1);
    expect(lab.committed(member, 0, true)).toBe(expected);
    lab.failOver();
    expect(lab.committed(member, 0, true)).toBe(afterwards);
  });

  it('that comes after a commit outside of it wins, and one that came before does not', () => {
    for (const [isFirst, expected] of [
      [true, 9],
      [false, 5],
    ] as const) {
      const lab = new GroupLab();
      const member = began(lab);
      const producer = lab.transaction();
      const commits = [
        () => lab.commitError(producer.commitOffsets(0, 5, member)),
        () => lab.commitError(member.commit(0, 9)),
      ];
      for (const commit of isFirst ? commits : commits.toReversed()) expect(commit()).toBe(KafkaError.NONE);
      lab.errorOf(producer.end(true));
      lab.run(1);
      expect(lab.committed(member, 0)).toBe(expected);
    }
  });
});

describe('the marker of a transaction', () => {
  /** How many of ten transactions were complete before the offset that they committed could be read. */
  function staleAfterCommit(defects: readonly DefectId[]): number {
    const lab = new GroupLab({ defects });
    const member = began(lab);
    const producer = lab.transaction();
    const completed = { readable: 0, stale: 0 };
    let applied = 0;
    lab.world.probes.listen([Probe.transactionPending, Probe.offsetCommitted], {
      onProbe: (kind: number, _machine: number, _key: number, _a: number, _b: number, state: number) => {
        if (kind === Probe.offsetCommitted) applied++;
        else if (state === COMPLETE_COMMIT)
          completed[applied > completed.readable + completed.stale ? 'readable' : 'stale']++;
      },
    });
    for (let offset = 2; offset < 12; offset++) {
      if (offset > 2) lab.until(60, () => lab.errorOf(producer.addOffsets()) === KafkaError.NONE || 'still completing');
      lab.commitError(producer.commitOffsets(0, offset, member));
      lab.errorOf(producer.end(true));
      lab.run(1);
      expect(lab.committed(member, 0)).toBe(offset);
    }
    return completed.stale;
  }

  it('is acknowledged when its offsets can be read, and was before (KAFKA-17507)', () => {
    expect(staleAfterCommit([])).toBe(0);
    expect(staleAfterCommit(['KAFKA-17507'])).toBeGreaterThan(0);
  });
});
