import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ENTRY_CORRUPT, ENTRY_OK, ENTRY_TORN, type Disk, type File } from './disk.js';
import { Stage } from './testing/stage.js';

const SECOND = 1_000_000;

interface Entry {
  readonly n: number;
}

function machine(seed = 'a disk') {
  const stage = new Stage(seed);
  const id = stage.add('m');
  const losses: { path: string; from: number; lost: readonly object[] }[] = [];
  stage.world.onDataLost({ onDataLost: (_machine, told) => losses.push(...told) });
  return { stage, world: stage.world, id, losses, disk: stage.actor(id).host.disk };
}

function append(file: File, ...numbers: number[]): void {
  for (const n of numbers) expect(file.append({ n }, 10)).toBe('ok');
}

function content(disk: Disk, path: string): number[] {
  const file = disk.open(path);
  return Array.from({ length: file.length }, (_, index) => (file.read(index) as Entry).n);
}

/** What the disk holds after power loss and restart, for many seeds: how often each content was seen. */
function outcomes(prepare: (disk: Disk) => void, look: (disk: Disk) => string, seeds = 200): Map<string, number> {
  const seen = new Map<string, number>();
  for (let seed = 0; seed < seeds; seed++) {
    const { world, id, disk } = machine(`seed ${seed}`);
    prepare(disk);
    world.powerLoss(id);
    const outcome = look(world.disk(id));
    seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
  }
  return seen;
}

const contentOf = (path: string) => (disk: Disk) => (disk.exists(path) ? content(disk, path).join(' ') : 'no file');

describe('a file', () => {
  it('holds entries with sizes, in the order of writing', () => {
    const { disk } = machine();
    const file = disk.open('a/log');
    append(file, 1, 2, 3);
    expect([file.path, file.length, file.bytes, file.synced]).toEqual(['a/log', 3, 30, 0]);
    expect(file.truncate(1)).toBe('ok');
    append(file, 4);
    expect([content(disk, 'a/log'), file.bytes, file.state(1)]).toEqual([[1, 4], 20, ENTRY_OK]);
  });

  it('is the same file for all who open it, and survives the death of a process', () => {
    const { stage, world, id, disk } = machine();
    append(disk.open('log'), 1);
    append(disk.open('log'), 2);
    world.kill(id);
    world.start(id);
    expect(content(stage.actor(id).host.disk, 'log')).toEqual([1, 2]);
  });

  it('becomes durable by an fsync that takes time and does not cover what is written meanwhile', () => {
    const { stage, disk, id } = machine();
    const file = disk.open('log');
    append(file, 1, 2);
    file.fsync(7, 70);
    append(file, 3);
    expect(file.synced).toBe(0);
    stage.pass(SECOND);
    expect(stage.heard(id)).toEqual(['start', 'timer 7']);
    expect(stage.happenings.at(-1)!.at).toBeGreaterThanOrEqual(200);
    expect(file.synced).toBe(2);
  });

  it('becomes durable at once by fsyncNow', () => {
    const { disk } = machine();
    const file = disk.open('log');
    append(file, 1, 2);
    expect([file.fsyncNow(), file.synced]).toEqual(['ok', 2]);
  });

  it('has of an fsync only what no truncation touched while it ran', () => {
    const { stage, disk } = machine();
    const file = disk.open('log');
    append(file, 1, 2, 3);
    file.fsync(1, 0);
    file.truncate(1);
    append(file, 4, 5);
    stage.pass(SECOND);
    expect(file.synced).toBe(1);
  });
});

describe('directories', () => {
  it('are implied by paths, listed in order, and renamed and removed with what is in them', () => {
    const { disk } = machine();
    for (const path of ['t/b', 't/a', 't/sub/x', 'other']) disk.open(path);
    expect(disk.list('t')).toEqual(['t/a', 't/b', 't/sub']);
    expect(disk.list('')).toEqual(['other', 't']);
    append(disk.open('t/sub/x'), 1);
    disk.rename('t', 'u');
    expect([disk.exists('t/a'), disk.list('u'), content(disk, 'u/sub/x')]).toEqual([
      false,
      ['u/a', 'u/b', 'u/sub'],
      [1],
    ]);
    disk.remove('u');
    expect([disk.list(''), disk.exists('u/sub/x')]).toEqual([['other'], false]);
  });

  it('let a rename take the place of what was there', () => {
    const { disk } = machine();
    append(disk.open('old'), 1);
    append(disk.open('new'), 2);
    disk.rename('new', 'old');
    expect([content(disk, 'old'), disk.exists('new')]).toEqual([[2], false]);
  });
});

describe('power loss', () => {
  type Step = { append: number } | { truncate: number } | 'sync';
  const anyStep: fc.Arbitrary<Step> = fc.oneof(
    { weight: 5, arbitrary: fc.integer({ min: 1, max: 5 }).map((append) => ({ append })) },
    { weight: 1, arbitrary: fc.nat(10).map((truncate) => ({ truncate })) },
    { weight: 2, arbitrary: fc.constant('sync' as const) },
  );

  it('leaves exactly a prefix of what was written, never less than what was durable, at most its last entry torn', () => {
    const steps = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 5 }).map((append) => ({ append })),
        fc.constant('sync' as const),
      ),
    );
    fc.assert(
      fc.property(fc.string(), steps, (seed, script) => {
        const { world, id, disk, losses } = machine(seed);
        const file = disk.open('log');
        // The file itself is durable, so that only its content is in question.
        file.fsyncNow();
        run(file, script);
        const written = content(disk, 'log');
        const durable = file.synced;
        world.powerLoss(id);
        const left = content(world.disk(id), 'log');
        expect(left.length).toBeGreaterThanOrEqual(durable);
        expect(left).toEqual(written.slice(0, left.length));
        const after = world.disk(id).open('log');
        const torn = left.findIndex((_, index) => after.state(index) === ENTRY_TORN);
        if (torn >= 0) expect(torn).toBe(left.length - 1);
        if (torn >= 0) expect(torn).toBeGreaterThanOrEqual(durable);
        const from = torn >= 0 ? torn : left.length;
        const lost = written.slice(from).map((n) => ({ n }));
        expect(losses).toEqual(lost.length === 0 ? [] : [{ path: 'log', from, lost }]);
        expect([after.synced, after.bytes]).toEqual([left.length, left.length * 10]);
      }),
    );
  });

  it('with truncations leaves a prefix of what the file held at the end, or of what it held before a cut', () => {
    fc.assert(
      fc.property(fc.string(), fc.array(anyStep), (seed, script) => {
        const { world, id, disk } = machine(seed);
        const file = disk.open('log');
        file.fsyncNow();
        const { versions, durable } = run(file, script);
        world.powerLoss(id);
        const left = content(world.disk(id), 'log');
        const isPrefixOf = (version: readonly number[]): boolean =>
          left.length <= version.length && left.every((n, index) => n === version[index]);
        expect(versions.some(isPrefixOf)).toBe(true);
        // What an fsync covered and no later cut touched is there.
        expect(left.slice(0, durable.length)).toEqual(durable);
      }),
    );
  });

  /** Runs a script; says what the file has held since the last sync, and what of it must survive. */
  function run(file: File, script: readonly Step[]): { versions: number[][]; durable: number[] } {
    let next = 1;
    let now: number[] = [];
    let versions: number[][] = [now];
    let durable: number[] = [];
    for (const step of script) {
      if (step === 'sync') {
        file.fsyncNow();
        durable = now;
        versions = [now];
      } else if ('append' in step) {
        const added = Array.from({ length: step.append }, () => next++);
        append(file, ...added);
        now = [...now, ...added];
        versions.push(now);
      } else {
        file.truncate(step.truncate);
        now = now.slice(0, step.truncate);
        durable = durable.slice(0, step.truncate);
        versions.push(now);
      }
    }
    return { versions, durable };
  }

  it('draws every length from what was durable to what was written, and sometimes a torn end', () => {
    const seen = outcomes(
      (disk) => {
        const file = disk.open('log');
        append(file, 1);
        file.fsyncNow();
        append(file, 2, 3, 4);
      },
      (disk) => {
        const file = disk.open('log');
        return `${file.length}${file.state(file.length - 1) === ENTRY_TORN ? ' torn' : ''}`;
      },
    );
    expect([...seen.keys()].sort()).toEqual(['1', '2', '2 torn', '3', '3 torn', '4', '4 torn']);
  });

  it('may bring back what an unsynced truncation cut off, or what was written after it, never both', () => {
    const seen = outcomes((disk) => {
      const file = disk.open('log');
      append(file, 1, 2, 3);
      file.fsyncNow();
      file.truncate(1);
      append(file, 8, 9);
    }, contentOf('log'));
    expect([...seen.keys()].sort()).toEqual(['1', '1 2 3', '1 8', '1 8 9']);
  });

  it('keeps what an fsync had covered when the cut that followed is undone', () => {
    const seen = new Set<string>();
    for (let seed = 0; seed < 100; seed++) {
      const { stage, world, id, disk } = machine(`seed ${seed}`);
      const file = disk.open('log');
      append(file, 1, 2, 3);
      file.fsync(1, 0);
      file.truncate(1);
      stage.pass(SECOND);
      world.powerLoss(id);
      seen.add(contentOf('log')(world.disk(id)));
    }
    expect([...seen].sort()).toEqual(['1', '1 2 3']);
  });

  it('may undo a rename that took the place of another file: both are there again', () => {
    const seen = outcomes(
      (disk) => {
        for (const [path, n] of [
          ['old', 1],
          ['new', 2],
        ] as const) {
          append(disk.open(path), n);
          disk.open(path).fsyncNow();
        }
        disk.rename('new', 'old');
      },
      (disk) => `${contentOf('old')(disk)}, ${contentOf('new')(disk)}`,
    );
    expect([...seen.keys()].sort()).toEqual(['1, 2', '2, no file']);
  });

  it('may undo the creation of a file, unless the file was fsynced', () => {
    const unsynced = outcomes((disk) => append(disk.open('t/log'), 1), contentOf('t/log'));
    expect([...unsynced.keys()].sort()).toEqual(['', '1', 'no file']);
    const synced = outcomes((disk) => {
      const file = disk.open('t/log');
      append(file, 1);
      file.fsyncNow();
    }, contentOf('t/log'));
    expect([...synced.keys()]).toEqual(['1']);
  });

  it('does not undo the creation of a directory once a file in it was fsynced', () => {
    const seen = outcomes(
      (disk) => {
        append(disk.open('top/t/index'), 1);
        const log = disk.open('top/t/log');
        log.fsyncNow();
        disk.open('top/t/later');
      },
      (disk) => disk.list('top/t').join(' '),
    );
    // The index was created before the log, in the same directory: the journal keeps the order.
    expect([...seen.keys()].sort()).toEqual(['top/t/index top/t/later top/t/log', 'top/t/index top/t/log']);
  });

  it('may undo renames and removals since the last sync of the directory, last first', () => {
    const prepare = (disk: Disk): void => {
      for (const [path, n] of [
        ['d/a', 1],
        ['d/b', 2],
      ] as const) {
        const file = disk.open(path);
        append(file, n);
        file.fsyncNow();
      }
      disk.syncDir('d');
      disk.rename('d/a', 'd/c');
      disk.remove('d/b');
      disk.rename('d/c', 'd/b');
    };
    const look = (disk: Disk): string =>
      disk
        .list('d')
        .map((path) => `${path}=${content(disk, path).join()}`)
        .join(' ');
    expect([...outcomes(prepare, look).keys()].sort()).toEqual(['d/a=1 d/b=2', 'd/b=1', 'd/b=2 d/c=1', 'd/c=1']);
    const synced = outcomes((disk) => {
      prepare(disk);
      disk.syncDir('d');
    }, look);
    expect([...synced.keys()]).toEqual(['d/b=1']);
  });

  it('may undo the rename of a directory, with what has happened in it since', () => {
    const seen = outcomes(
      (disk) => {
        disk.open('t/log').fsyncNow();
        disk.rename('t', 'u');
        disk.open('u/late');
      },
      (disk) => ['t', 'u'].flatMap((directory) => disk.list(directory)).join(' '),
    );
    expect([...seen.keys()].sort()).toEqual(['t/late t/log', 't/log', 'u/late u/log', 'u/log']);
  });

  it('leaves a replaced file whole and new', () => {
    const seen = outcomes((disk) => {
      expect(disk.replace('t/checkpoint', { n: 1 }, 10)).toBe('ok');
      expect(disk.replace('t/checkpoint', { n: 2 }, 10)).toBe('ok');
    }, contentOf('t/checkpoint'));
    expect([...seen.keys()]).toEqual(['2']);
  });

  it('during an fsync does not find it done, and nobody hears of it', () => {
    const seen = new Set<number>();
    for (let seed = 0; seed < 50; seed++) {
      const { stage, world, id, disk } = machine(`seed ${seed}`);
      const file = disk.open('log');
      file.fsyncNow();
      append(file, 1, 2);
      file.fsync(1, 0);
      world.powerLoss(id);
      world.start(id);
      const after = world.disk(id).open('log');
      seen.add(after.length);
      const survived = after.length;
      append(after, 3, 4);
      stage.pass(SECOND);
      expect(stage.heard(id)).toEqual(['start', 'start']);
      expect(after.synced).toBe(survived);
    }
    expect(seen).toEqual(new Set([0, 1, 2]));
  });

  it('tells of each file what it lost, by the path it had, also when the file itself is gone', () => {
    for (let seed = 0; seed < 30; seed++) {
      const { world, id, disk, losses } = machine(`seed ${seed}`);
      append(disk.open('t/log'), 1, 2);
      world.powerLoss(id);
      if (world.disk(id).exists('t/log')) continue;
      expect(losses).toEqual([{ path: 't/log', from: 0, lost: [{ n: 1 }, { n: 2 }] }]);
      return;
    }
    expect.unreachable('no seed undid the creation');
  });

  it("draws each file's fate by itself: another file more or less changes nothing for it", () => {
    const fate = (others: number, seed: number): number => {
      const { world, id, disk } = machine(`seed ${seed}`);
      for (let n = 0; n < others; n++) append(disk.open(`other ${n}`), 1);
      const file = disk.open('dir/log');
      file.fsyncNow();
      append(file, 1, 2, 3, 4, 5, 6, 7, 8);
      world.powerLoss(id);
      return world.disk(id).open('dir/log').length;
    };
    for (let seed = 0; seed < 20; seed++) expect(fate(3, seed)).toBe(fate(0, seed));
  });
});

describe('disk faults', () => {
  it('corrupt marks one entry, tells of it, and stays until the entry is cut off', () => {
    const { world, id, disk, losses } = machine();
    const file = disk.open('log');
    append(file, 1, 2, 3);
    expect(world.diskFaults(id).corrupt('log', 1)).toBe(true);
    expect([0, 1, 2].map((index) => file.state(index))).toEqual([ENTRY_OK, ENTRY_CORRUPT, ENTRY_OK]);
    expect(losses).toEqual([{ path: 'log', from: 1, lost: [{ n: 2 }] }]);
    file.truncate(1);
    append(file, 4);
    expect(file.state(1)).toBe(ENTRY_OK);
    expect(world.diskFaults(id).corrupt('log', 9)).toBe(false);
    expect(world.diskFaults(id).corrupt('nothing', 0)).toBe(false);
  });

  it('are told by what they are, with or without power', () => {
    const { stage, world, id, disk } = machine();
    const causes: string[] = [];
    world.onDataLost({ onDataLost: (_machine, _losses, cause) => causes.push(cause) });
    append(disk.open('log'), 1, 2, 3);
    disk.open('log').fsyncNow();
    stage.world.powerLoss(id);
    expect(causes).toEqual([]);
    world.diskFaults(id).corrupt('log', 1);
    world.diskFaults(id).wipe();
    expect(causes).toEqual(['corruption', 'wipe']);
  });

  it('errors fail writes and fsyncs, and nothing is written', () => {
    const results: unknown[] = [];
    const stage = new Stage();
    const id = stage.add('m', { timer: (_actor, _kind, _arg, result) => results.push(result) });
    const { disk } = stage.actor(id).host;
    const file = disk.open('log');
    append(file, 1);
    stage.world.diskFaults(id).ioErrors(true);
    expect([file.append({}, 1), file.truncate(0), file.fsyncNow(), disk.replace('c', {}, 1)]).toEqual(
      Array.from({ length: 4 }, () => 'io-error'),
    );
    file.fsync(1, 0);
    stage.pass(SECOND);
    stage.world.diskFaults(id).ioErrors(false);
    expect([file.length, file.synced]).toEqual([1, 0]);
    file.fsync(1, 0);
    stage.pass(SECOND);
    expect([results, file.synced]).toEqual([['io-error', 'ok'], 1]);
  });

  it('full fails what needs room, and nothing else', () => {
    const { world, id, disk } = machine();
    const file = disk.open('log');
    append(file, 1, 2);
    world.diskFaults(id).full(true);
    expect([file.append({}, 1), disk.replace('c', {}, 1)]).toEqual(['full', 'full']);
    expect([file.truncate(1), file.fsyncNow()]).toEqual(['ok', 'ok']);
    world.diskFaults(id).full(false);
    append(file, 3);
  });

  it('slow multiplies the time of an fsync', () => {
    const took = (factor: number): number => {
      const { stage, world, id, disk } = machine();
      world.diskFaults(id).slow(factor);
      disk.open('log').fsync(1, 0);
      stage.pass(100 * SECOND);
      return stage.happenings.at(-1)!.at;
    };
    expect(took(10)).toBe(10 * took(1));
  });

  it('wipe loses everything, and tells of it', () => {
    const { world, id, disk, losses } = machine();
    append(disk.open('b/log'), 1);
    append(disk.open('a/log'), 2);
    disk.open('empty').fsyncNow();
    world.kill(id);
    world.diskFaults(id).wipe();
    expect(world.disk(id).list('')).toEqual([]);
    expect(losses.map(({ path, from }) => [path, from])).toEqual([
      ['a/log', 0],
      ['b/log', 0],
    ]);
  });
});

describe('the fingerprint of the disks', () => {
  const print = (prepare: (disk: Disk) => void): readonly number[] => {
    const { world, id } = machine();
    prepare(world.disk(id));
    return world.diskFingerprint();
  };

  it('differs for other paths, numbers and sizes of entries, and is the same for the same', () => {
    const prints = [
      () => undefined,
      (disk: Disk) => void disk.open('a'),
      (disk: Disk) => void disk.open('b'),
      (disk: Disk) => void disk.open('a').append({}, 1),
      (disk: Disk) => void disk.open('a').append({}, 2),
    ].map((prepare) => print(prepare).join());
    expect(new Set(prints).size).toBe(prints.length);
    const twice = (disk: Disk): void => ['x', 'y'].forEach((path) => void disk.open(path));
    const otherOrder = (disk: Disk): void => ['y', 'x'].forEach((path) => void disk.open(path));
    expect(print(twice)).toEqual(print(otherOrder));
  });

  it('covers damage', () => {
    const { world, id, disk } = machine();
    append(disk.open('log'), 1);
    const before = world.diskFingerprint();
    world.diskFaults(id).corrupt('log', 0);
    expect(world.diskFingerprint()).not.toEqual(before);
  });
});
