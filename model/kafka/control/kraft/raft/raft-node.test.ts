import { describe, expect, it } from 'vitest';
import { KafkaError } from '../../../protocol/errors.js';
import { NO_DIRECTORY } from '../../../protocol/metadata-records.js';
import { RaftApi, type VoteResponse, type VoterChangeResponse } from '../../../protocol/raft-messages.js';
import { QuorumLab } from './testing/quorum-lab.js';

function vote(candidateId: number, candidateEpoch: number, end: { lastOffset: number; lastOffsetEpoch: number }) {
  return { kind: RaftApi.vote, candidateId, candidateEpoch, preVote: false, voterDirectoryId: NO_DIRECTORY, ...end };
}

describe('an election', () => {
  it.each([1, 2, 3, 4, 5])('gives %i voters one leader, who commits and tells everybody', (voters) => {
    const lab = new QuorumLab({ voters, observers: 1 });
    const leader = lab.elected();
    lab.run(3);
    expect(lab.leaders()).toEqual([leader]);
    for (const node of lab.nodes) expect(lab.told[node].length).toBeGreaterThan(5);
  });

  it('is won anew when the leader is gone, and the old one follows when it comes back', () => {
    const lab = new QuorumLab();
    const first = lab.elected();
    const { epoch } = lab.raft(first);
    lab.world.kill(first);
    const second = lab.elected();
    expect(lab.raft(second).epoch).toBeGreaterThan(epoch);
    lab.world.start(first);
    lab.run(3);
    expect(lab.raft(first).state.kind).toBe('follower');
    expect(lab.raft(first).leaderId).toBe(second);
  });

  it.each(['3.9', '4.0'])('needs a majority: two of five elect nobody (%s)', (release) => {
    const lab = new QuorumLab({ voters: 5, release });
    lab.elected();
    for (const node of [1, 2, 3]) lab.world.kill(node);
    lab.run(20);
    expect(lab.leaders()).toEqual([]);
  });

  it('leaves the epoch alone while a voter that is cut off asks for pre-votes (KIP-996)', () => {
    const epochs = ['3.9', '4.0'].map((release) => {
      const lab = new QuorumLab({ release });
      const follower = lab.nodes.find((node) => node !== lab.elected())!;
      lab.isolate(follower);
      const { epoch } = lab.raft(follower);
      lab.run(20);
      return lab.raft(follower).epoch - epoch;
    });
    expect(epochs[0]).toBeGreaterThan(3);
    expect(epochs[1]).toBe(0);
  });
});

describe('a vote', () => {
  it('goes to one candidate in an epoch, and to none whose log is shorter', () => {
    const lab = new QuorumLab();
    lab.elected();
    lab.run(1);
    const end = { lastOffset: 1_000_000, lastOffsetEpoch: 1 };
    const granted = (candidate: number, epoch: number, at = end) =>
      lab.ask<VoteResponse>(1, vote(candidate, epoch, at)).voteGranted;
    expect(granted(2, 50)).toBe(true);
    expect(granted(3, 50)).toBe(false);
    expect(granted(2, 50)).toBe(true);
    expect(granted(3, 51, { lastOffset: 0, lastOffsetEpoch: 0 })).toBe(false);
    expect(granted(3, 49)).toBe(false);
  });

  it.each([
    ['is remembered over a power loss', [], false],
    ['is given twice in one epoch by a voter that forgets it (B43)', ['B43'] as const, true],
  ])('%s', (_, defects, secondGranted) => {
    // A long election time-out: nobody else stands meanwhile. What is lost of unsynced writes is drawn.
    const settings = { 'controller.quorum.election.timeout.ms': 1_000_000 };
    const twice = Array.from({ length: 10 }, (__, seed) => {
      const lab = new QuorumLab({ defects, settings }, String(seed));
      const end = { lastOffset: 10, lastOffsetEpoch: 1 };
      expect(lab.ask<VoteResponse>(1, vote(2, 50, end)).voteGranted).toBe(true);
      lab.world.powerLoss(1);
      lab.world.start(1);
      return lab.ask<VoteResponse>(1, vote(3, 50, end)).voteGranted;
    });
    expect(twice.includes(true)).toBe(secondGranted);
  });
});

describe('a leader', () => {
  it.each([
    ['resigns when no majority fetches from it (KAFKA-15489)', true, 'candidate'],
    ['leads on, and its observers see nothing new, where it does not check (B38)', false, 'leader'],
  ])('%s', (_, checkQuorum, state) => {
    const lab = new QuorumLab({ observers: 1, rules: { checkQuorum } });
    const leader = lab.elected();
    lab.run(1);
    lab.cut([leader], lab.nodes.filter((node) => node !== leader && node !== 4)); // prettier-ignore
    lab.run(4.6);
    expect(['candidate', 'resigned', 'leader'].includes(lab.raft(leader).state.kind)).toBe(true);
    expect(lab.raft(leader).isLeader).toBe(state === 'leader');
    lab.run(15);
    const other = lab.leaders().find((node) => node !== leader)!;
    const behind = lab.raft(other).highWatermark - lab.raft(4).highWatermark;
    if (checkQuorum) expect(behind).toBeLessThan(20);
    else expect(behind).toBeGreaterThan(100);
  });

  it('is resigned in its epoch after a restart, and stands in a later one (KAFKA-10527)', () => {
    const lab = new QuorumLab();
    const leader = lab.elected();
    const { epoch } = lab.raft(leader);
    lab.isolate(leader);
    lab.world.kill(leader);
    lab.world.start(leader);
    expect(lab.raft(leader).state.kind).toBe('resigned');
    expect(lab.raft(leader).epoch).toBe(epoch);
    lab.run(2.1);
    expect(lab.raft(leader).state.kind).toBe('candidate');
    expect(lab.raft(leader).epoch).toBeGreaterThan(epoch);
  });

  it('commits nothing that a majority has not flushed', () => {
    const lab = new QuorumLab();
    const leader = lab.elected();
    lab.run(1);
    for (const node of lab.nodes) if (node !== leader) lab.world.diskFaults(node).slow(1_000_000);
    lab.run(0.6);
    const { highWatermark, log } = lab.raft(leader);
    lab.run(0.6);
    expect(lab.raft(leader).highWatermark).toBe(highWatermark);
    expect(log.endOffset).toBeGreaterThan(highWatermark + 3);
  });

  it('gives up what a later leader was elected without', () => {
    const lab = new QuorumLab();
    const first = lab.elected();
    lab.run(1);
    lab.isolate(first);
    lab.run(2.5);
    const lone = lab.raft(first).log.endOffset;
    expect(lone).toBeGreaterThan(lab.raft(first).highWatermark);
    lab.run(6);
    lab.isolate(first, false);
    lab.run(6);
    const [second] = lab.leaders();
    const own = lab.raft(first).log;
    const { log } = lab.raft(second);
    expect(own.read(0, log.endOffset).map((batch) => batch.leaderEpoch)).toEqual(
      log.read(0, own.endOffset).map((batch) => batch.leaderEpoch),
    );
  });
});

describe('a snapshot', () => {
  const small = { 'metadata.log.segment.bytes': 1000, 'metadata.max.retention.bytes': 6000 };

  it('stands for the beginning of the log, which is dropped, and is loaded by whoever was away for longer', () => {
    const lab = new QuorumLab({ settings: small, snapshotEvery: 20 });
    const leader = lab.elected();
    const away = lab.nodes.find((node) => node !== leader)!;
    lab.world.kill(away);
    lab.run(30);
    const [now] = lab.leaders();
    expect(lab.raft(now).log.startOffset).toBeGreaterThan(50);
    lab.snapshotsLoaded = [];
    lab.world.start(away);
    lab.run(4);
    expect(lab.snapshotsLoaded).toContain(away);
    expect(lab.raft(away).log.endOffset).toBeGreaterThan(lab.raft(now).highWatermark - 10);
  });

  it('is where a restarted node begins', () => {
    const lab = new QuorumLab({ voters: 1, settings: small, snapshotEvery: 20 });
    lab.elected();
    lab.run(20);
    const { endOffset } = lab.raft(1).log.latestSnapshot!;
    lab.world.powerLoss(1);
    lab.told[1] = [];
    lab.world.start(1);
    lab.run(1);
    expect(lab.snapshotsLoaded).toEqual([1]);
    expect(lab.told[1][0]).toBe(endOffset);
  });
});

describe('voters (KIP-853)', () => {
  const ahead = { lastOffset: 10_000, lastOffsetEpoch: 49 };
  const change = (lab: QuorumLab, node: number, kind: number, voterId: number, voterDirectoryId = 1) =>
    lab.ask<VoterChangeResponse>(node, { kind, voterId, voterDirectoryId } as never).error;

  it('are added once they are caught up, and removed; the leader that is removed resigns', () => {
    const lab = new QuorumLab({ observers: 1 });
    const leader = lab.elected();
    lab.run(2);
    expect(change(lab, leader, RaftApi.addVoter, 4)).toBe(KafkaError.NONE);
    expect(change(lab, leader, RaftApi.addVoter, 4)).toBe(KafkaError.DUPLICATE_VOTER);
    expect(change(lab, leader, RaftApi.removeVoter, 9)).toBe(KafkaError.VOTER_NOT_FOUND);
    expect(change(lab, leader, RaftApi.removeVoter, leader)).toBe(KafkaError.NONE);
    lab.run(6);
    const [next] = lab.leaders();
    expect(next).not.toBe(leader);
    expect(lab.raft(next).voters).toEqual([1, 2, 3, 4].filter((node) => node !== leader));
    expect(lab.raft(leader).state.kind).toBe('follower');
  });

  it('are not added while they do not answer, however lately they were caught up', () => {
    const lab = new QuorumLab({ observers: 1 });
    const leader = lab.elected();
    lab.run(2);
    lab.world.kill(4);
    lab.run(1);
    expect(change(lab, leader, RaftApi.addVoter, 4)).toBe(KafkaError.REQUEST_TIMED_OUT);
    expect(lab.raft(leader).voters).toEqual([1, 2, 3]);
    lab.world.start(4);
    lab.run(5);
    expect(change(lab, leader, RaftApi.addVoter, 4)).toBe(KafkaError.NONE);
  });

  it.each([
    ['are not changed before the last change is committed', [], KafkaError.REQUEST_TIMED_OUT],
    ['are changed one over the other where nobody looks (B83)', ['B83'] as const, null],
  ])('%s', (_, defects, error) => {
    const lab = new QuorumLab({ voters: 5, defects });
    const leader = lab.elected();
    lab.run(1);
    const others = lab.nodes.filter((node) => node !== leader);
    lab.isolate(leader);
    lab.ask(leader, { kind: RaftApi.removeVoter, voterId: others[0], voterDirectoryId: 1 } as never);
    const [answer] = [change(lab, leader, RaftApi.removeVoter, others[1])];
    if (error !== null) expect([error, KafkaError.NOT_LEADER_OR_FOLLOWER]).toContain(answer);
    expect(lab.raft(leader).voters).toHaveLength(error === null ? 3 : 4);
  });

  it('with an empty disk are voters no more: the old directory is removed, then the new one added', () => {
    const lab = new QuorumLab();
    const leader = lab.elected();
    const replaced = lab.nodes.find((node) => node !== leader)!;
    lab.world.powerLoss(replaced);
    lab.world.diskFaults(replaced).wipe();
    lab.world.start(replaced);
    lab.run(5);
    expect(lab.raft(replaced).highWatermark).toBeGreaterThan(0);
    const [old, fresh] = [1, 2];
    const meantForOld = { ...vote(leader, lab.raft(leader).epoch, ahead), voterDirectoryId: old };
    expect(lab.ask<VoteResponse>(replaced, meantForOld).error).toBe(KafkaError.INVALID_VOTER_KEY);
    expect(change(lab, leader, RaftApi.addVoter, replaced, fresh)).toBe(KafkaError.DUPLICATE_VOTER);
    expect(change(lab, leader, RaftApi.removeVoter, replaced, fresh)).toBe(KafkaError.VOTER_NOT_FOUND);
    expect(change(lab, leader, RaftApi.removeVoter, replaced, old)).toBe(KafkaError.NONE);
    expect(change(lab, leader, RaftApi.addVoter, replaced, old)).toBe(KafkaError.REQUEST_TIMED_OUT);
    expect(change(lab, leader, RaftApi.addVoter, replaced, fresh)).toBe(KafkaError.NONE);
    expect(lab.raft(leader).voterKeys).toContainEqual({ id: replaced, directoryId: fresh });
  });

  it('known by their ids are what they were, whatever happened to their disks, and cannot be changed', () => {
    const lab = new QuorumLab({ rules: { voterIdentity: 'id' } });
    const leader = lab.elected();
    const replaced = lab.nodes.find((node) => node !== leader)!;
    expect(change(lab, leader, RaftApi.removeVoter, replaced)).toBe(KafkaError.UNSUPPORTED_VERSION);
    lab.world.powerLoss(replaced);
    lab.world.diskFaults(replaced).wipe();
    lab.world.start(replaced);
    expect(lab.ask<VoteResponse>(replaced, vote(leader, 50, ahead)).voteGranted).toBe(true);
  });

  it.each([
    ['votes all the same when its leader is gone', [], true],
    ['refuses every pre-vote when its leader is gone (B84)', ['B84'] as const, false],
  ])('who has not heard that it is one %s', (_, defects, elects) => {
    const lab = new QuorumLab({ observers: 1, release: '4.0', defects });
    const leader = lab.elected();
    lab.run(2);
    const addition = { kind: RaftApi.addVoter, voterId: 4, voterDirectoryId: 1 };
    const answer = lab.beginToAsk<VoterChangeResponse>(leader, addition);
    lab.until(5, () => lab.raft(leader).voters.includes(4)).cut([leader], [4]);
    lab.until(5, () => answer()?.error === KafkaError.NONE);
    expect(lab.raft(4).voters).not.toContain(4);
    lab.world.kill(leader);
    lab.run(30);
    expect(lab.leaders()).toHaveLength(elects ? 1 : 0);
  });
});
