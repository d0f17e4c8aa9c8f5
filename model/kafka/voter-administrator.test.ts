import { describe, expect, it } from 'vitest';
import { Probe } from './probes.js';
import { resolveRules } from './protocol/versions/resolve.js';
import { smallCluster, type SmallCluster } from './testing/cluster-spec.js';
import { Run } from './testing/run.js';

const unimpaired = { impaired: () => false, stoppedUncleanly: () => false };

/** Brokers 1 to 3 and the controllers behind them, whose voters are known by their directories. */
class Quorum {
  readonly run: Run;
  readonly changes: { count: number };

  constructor(controllers = 3, wanted: SmallCluster = {}) {
    const rules = resolveRules('3.9', { voterIdentity: 'id-and-directory' });
    this.run = new Run(smallCluster({ rules, controllers, ...wanted })).up();
    this.changes = this.run.count('quorumVoters');
  }

  get voters(): readonly number[] {
    return this.play('voter').toSorted((a, b) => a - b);
  }

  get active(): number {
    return this.play('controller')[0]!;
  }

  /** Some voter that does not lead. */
  get follower(): number {
    return this.play('controller-follower')[0]!;
  }

  changed(times: number): void {
    this.run.until(60, () => this.changes.count >= times || `${this.changes.count} changes`);
  }

  /** The controllers of the sufficient sets. */
  sufficient(): readonly (readonly number[])[] {
    const { kafka } = this.run;
    return kafka.sufficientSets(unimpaired).map((set) => set.filter((machine) => isController(this.run, machine)));
  }

  private play(role: string): readonly number[] {
    return this.run.kafka.role(role, 0, this.run.world.dice('roles'));
  }
}

function isController({ kafka }: Run, machine: number): boolean {
  return kafka.machines().some(({ id, roles }) => id === machine && roles.includes('controller'));
}

describe('an administrator', () => {
  it('removes a voter, which runs on as an observer, and adds it again', () => {
    const quorum = new Quorum();
    const { run, follower } = quorum;
    run.kafka.removeVoter(follower);
    quorum.changed(1);
    run.until(10, () => run.kafka.settled());
    expect(quorum.voters).toEqual([4, 5, 6].filter((one) => one !== follower));
    expect(run.world.isRunning(follower)).toBe(true);
    run.kafka.addVoter(follower);
    quorum.changed(2);
    run.until(10, () => run.kafka.settled());
    expect(quorum.voters).toEqual([4, 5, 6]);
  });

  it('removes the active controller: another takes over, and the brokers follow it', () => {
    const quorum = new Quorum();
    const { run, active } = quorum;
    run.kafka.removeVoter(active);
    quorum.changed(1);
    run.until(60, () => (quorum.active > 0 && quorum.active !== active) || 'nobody took over');
    run.send(10);
    run.until(60, () => run.kafka.settled());
    expect(run.sends('ok')).toHaveLength(10);
  });

  it('removes one over the active controller that fails, by the next one', () => {
    const quorum = new Quorum(5);
    const { run, active, follower } = quorum;
    run.world.kill(active);
    run.kafka.removeVoter(follower);
    quorum.changed(1);
    expect(quorum.voters).not.toContain(follower);
  });

  it('runs the tool again until the controller that is to be added is there', () => {
    const quorum = new Quorum();
    const { run, follower } = quorum;
    run.kafka.removeVoter(follower);
    quorum.changed(1);
    run.world.kill(follower);
    run.kafka.addVoter(follower);
    run.run(8);
    expect(quorum.changes.count).toBe(1);
    expect(run.kafka.settled()).not.toBe(true);
    run.world.start(follower);
    quorum.changed(2);
    run.until(60, () => run.kafka.settled());
  });

  it('adds a controller that came back with an empty disk by its new directory', () => {
    const quorum = new Quorum();
    const { run, follower } = quorum;
    run.kafka.removeVoter(follower);
    quorum.changed(1);
    run.world.powerLoss(follower);
    run.world.diskFaults(follower).wipe();
    run.world.start(follower);
    run.kafka.addVoter(follower);
    quorum.changed(2);
    expect(quorum.voters).toEqual([4, 5, 6]);
  });

  it('says why a voter cannot be removed', () => {
    const quorum = new Quorum();
    const { run, follower } = quorum;
    expect(run.kafka.voterRemovable(1)).toBe('b1 is no voter');
    expect(run.kafka.voterRemovable(follower)).toBe(true);
    run.kafka.removeVoter(follower);
    expect(run.kafka.voterRemovable(follower)).toBe('another change of the voters is not over');
    quorum.changed(1);
    run.until(10, () => run.kafka.settled());
    expect(run.kafka.voterRemovable(quorum.follower)).toBe('there are 2 voters left');
    const known = new Run(smallCluster({ controllers: 3 })).up();
    expect(known.kafka.voterRemovable(4)).toContain('controller.quorum.voters');
  });
});

describe('a sufficient set', () => {
  it('has a majority of the voters that there are now', () => {
    const quorum = new Quorum();
    const { run, follower } = quorum;
    run.world.kill(quorum.voters.find((one) => one !== follower && one !== quorum.active)!);
    expect(Math.min(...quorum.sufficient().map((set) => set.length))).toBe(2);
    run.kafka.removeVoter(follower);
    // The two that remain have to hold it: one of them is down.
    run.run(5);
    for (const set of quorum.sufficient()) expect(set).toEqual([4, 5, 6]);
    for (const machine of [4, 5, 6]) run.world.start(machine);
    quorum.changed(1);
    run.until(30, () => run.kafka.settled());
    const [one, other] = quorum.voters;
    run.world.kill(other!);
    for (const set of quorum.sufficient()) expect(set).toEqual(expect.arrayContaining([one, other]));
    run.world.kill(follower);
    expect(quorum.sufficient()).toContainEqual([one, other]);
  });
});

it('voters-changed is reached when a change is committed', () => {
  const quorum = new Quorum();
  const { kafka, world } = quorum.run;
  const found = kafka.situations.find(({ name }) => name === 'voters-changed')!;
  const recognise = found.create(kafka);
  let isReached = false;
  world.probes.listen(found.on, { onProbe: (...probe) => (isReached ||= recognise(...probe)) });
  kafka.removeVoter(quorum.follower);
  expect(isReached).toBe(false);
  quorum.changed(1);
  expect(isReached).toBe(true);
  expect(found.on).toEqual([Probe.quorumVoters]);
});
