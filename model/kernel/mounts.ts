/**
 * The disks of a machine: one at the root, and those that are mounted at directories below it. Each fails, fills up, is
 * slow and is replaced by itself; power they lose together. A process sees one tree of files.
 */
import type { Disk, DiskFaults, File, IoResult } from './disk.js';
import type { DiskUser, FileSystem } from './file-system.js';

export class Mounts implements DiskFaults {
  /** The root first. */
  readonly all: readonly FileSystem[];

  /** @param all the root first; mount points lie directly below it */
  constructor(all: readonly FileSystem[]) {
    this.all = all;
  }

  /** The disk that a path lies on. */
  of(path: string): FileSystem {
    const slash = path.indexOf('/');
    return this.at(slash < 0 ? path : path.slice(0, slash)) ?? this.all[0];
  }

  /** undefined: nothing is mounted there. */
  at(mountPoint: string): FileSystem | undefined {
    return this.all.find((disk) => disk.mountPoint === mountPoint);
  }

  /** All of them as this user sees them; without one, as seen from outside the simulated world. */
  view(user?: DiskUser): Disk {
    return this.all.length === 1 ? this.all[0].view(user) : new MountedView(this, user);
  }

  /** Returns how many entries were lost or damaged. */
  losePower(): number {
    return this.all.reduce((lost, disk) => lost + disk.losePower(), 0);
  }

  corrupt(path: string, index: number): boolean {
    return this.of(path).corrupt(path, index);
  }

  ioErrors(on: boolean): void {
    for (const disk of this.all) disk.ioErrors(on);
  }

  full(on: boolean): void {
    for (const disk of this.all) disk.full(on);
  }

  slow(factor: number): void {
    for (const disk of this.all) disk.slow(factor);
  }

  wipe(): void {
    for (const disk of this.all) disk.wipe();
  }
}

/** Finds the disk that each path lies on. */
class MountedView implements Disk {
  private readonly mounts: Mounts;
  /** By their place among the mounts. */
  private readonly views: readonly Disk[];

  constructor(mounts: Mounts, user: DiskUser | undefined) {
    this.mounts = mounts;
    this.views = mounts.all.map((disk) => disk.view(user));
  }

  open(path: string): File {
    return this.of(path).open(path);
  }

  exists(path: string): boolean {
    return this.of(path).exists(path);
  }

  list(directory: string): readonly string[] {
    return this.of(directory).list(directory);
  }

  /** Within one disk (else EXDEV). */
  rename(from: string, to: string): void {
    this.of(from).rename(from, to);
  }

  remove(path: string): void {
    this.of(path).remove(path);
  }

  syncDir(directory: string): void {
    this.of(directory).syncDir(directory);
  }

  replace(path: string, entry: object, bytes: number): IoResult {
    return this.of(path).replace(path, entry, bytes);
  }

  private of(path: string): Disk {
    return this.views[this.mounts.all.indexOf(this.mounts.of(path))];
  }
}
