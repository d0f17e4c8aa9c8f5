import { describe, expect, it } from 'vitest';
import { Process, type Host } from './process.js';
import { createWorld, type World } from './world.js';

class Idle extends Process {
  get own(): Host {
    return this.host;
  }
  override start(): void {}
  override onConnection(): void {}
  override onConnected(): void {}
  override onMessage(): void {}
  override onBroken(): void {}
  override onTimer(): void {}
}

const ENTRY = {};

function machine(): { world: World; disk: Host['disk'] } {
  const world = createWorld({ seed: 'mounts' });
  world.addMachine({ name: 'm', program: (host) => new Idle(host), mountPoints: ['second'] });
  world.start(1);
  return { world, disk: (world.process(1) as Idle).own.disk };
}

describe('a machine with two disks', () => {
  it('shows its process one tree, of which each disk has its own part', () => {
    const { world, disk } = machine();
    disk.open('a/file').append(ENTRY, 1);
    disk.open('second/a/file').append(ENTRY, 1);
    expect(disk.list('')).toEqual(['a']);
    expect(disk.list('second')).toEqual(['second/a']);
    expect(world.disksOf(1).map(({ mountPoint }) => mountPoint)).toEqual(['', 'second']);
  });

  it('writes to one while the other fails', () => {
    const { world, disk } = machine();
    world.disksOf(1)[1].ioErrors(true);
    expect(disk.open('file').append(ENTRY, 1)).toBe('ok');
    expect(disk.open('second/file').append(ENTRY, 1)).toBe('io-error');
    expect(disk.replace('second/other', ENTRY, 1)).toBe('io-error');
    world.disksOf(1)[1].ioErrors(false);
    expect(disk.open('second/file').append(ENTRY, 1)).toBe('ok');
  });

  it('loses what lay on the one that is replaced, and says so', () => {
    const { world, disk } = machine();
    const lost: string[] = [];
    world.onDataLost({ onDataLost: (_machine, losses) => lost.push(...losses.map(({ path }) => path)) });
    disk.open('file').append(ENTRY, 1);
    disk.open('second/file').append(ENTRY, 1);
    world.disksOf(1)[1].wipe();
    expect(lost).toEqual(['second/file']);
    expect([disk.exists('file'), disk.exists('second/file')]).toEqual([true, false]);
    disk.open('second/file').append(ENTRY, 1);
    expect(disk.list('second')).toEqual(['second/file']);
  });

  it('keeps what was fsynced when both lose power, and the place where the second is mounted', () => {
    const { world, disk } = machine();
    for (const path of ['file', 'second/file']) {
      disk.open(path).append(ENTRY, 1);
      disk.open(path).fsyncNow();
    }
    world.powerLoss(1);
    expect(world.disk(1).open('file').length).toBe(1);
    expect(world.disk(1).open('second/file').length).toBe(1);
  });

  it('is slow, and fails, as a whole where the fault speaks of the machine', () => {
    const { world, disk } = machine();
    world.diskFaults(1).ioErrors(true);
    expect(disk.open('file').append(ENTRY, 1)).toBe('io-error');
    expect(disk.open('second/file').append(ENTRY, 1)).toBe('io-error');
  });
});
