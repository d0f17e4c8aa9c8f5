/**
 * What power loss leaves of a disk: for each directory a prefix of its operations, for each file its durable entries and
 * a prefix of what was written since, the last of them perhaps torn.
 */
import { ENTRY_TORN, type FileLoss } from './disk.js';
import type { Directory, DirectoryTree } from './directory.js';
import type { Inode } from './inode.js';
import type { Stream } from './random.js';

/** The draws for one path: its own stream, so that one file's fate does not hang on another's. */
export type Dice = (path: string) => Stream;

/** @returns what became of which file, under the name that it had, or has again */
export function losePower(tree: DirectoryTree, dice: Dice): readonly FileLoss[] {
  const losses: FileLoss[] = [];
  const files = [...tree.files.values()].sort(byPath);
  const paths = files.map((inode) => inode.path);
  undoDirectories(tree, dice);
  files.forEach((inode, index) => {
    const path = paths[index];
    if (tree.files.get(inode.path) === inode) tell(losses, path, loseUnsynced(inode, dice(`file/${path}`)));
    else if (inode.entries.length > 0) losses.push({ path, from: 0, lost: inode.entries });
  });
  const known = new Set(files);
  // Files whose removal or renaming was undone: nobody counted on their entries any more.
  for (const inode of [...tree.files.values()].sort(byPath)) {
    if (!inode.isSettled) loseUnsynced(inode, dice(`file/${inode.path}`));
    const isBack = !known.has(inode) || paths[files.indexOf(inode)] !== inode.path;
    if (isBack && inode.entries.length > 0) losses.push({ path: inode.path, from: 0, lost: [] });
  }
  return losses;
}

function tell(losses: FileLoss[], path: string, change: Change | null): void {
  if (change !== null) losses.push({ path, ...change });
}

/** Parents before their children: what is undone above may take away, rename or bring back what lies below. */
function undoDirectories(tree: DirectoryTree, dice: Dice): void {
  for (;;) {
    const unsynced = [...tree.directories.values()].filter((directory) => directory.pending.length > 0);
    if (unsynced.length === 0) return;
    const directory = unsynced.sort(byPath)[0];
    const length = directory.pending.length;
    const durable = directory.pending.findLastIndex((operation) => operation.pinned) + 1;
    tree.undo(directory, drawPrefix(durable, length, dice(`directory/${directory.path}`)));
  }
}

interface Change {
  readonly from: number;
  readonly lost: readonly object[];
}

/** @returns null: the file holds what it held */
function loseUnsynced(inode: Inode, dice: Stream): Change | null {
  if (inode.isSettled) {
    inode.settle(inode.entries.length);
    return null;
  }
  const written = inode.entries.slice();
  const reverts = inode.before !== null && dice.chance(1, 2);
  // Behind a truncation that is undone stands what it had cut off, not what was written after it.
  const shared = reverts ? inode.before!.kept : written.length;
  if (reverts) inode.revertTruncations();
  const durable = inode.synced;
  const kept = drawPrefix(durable, inode.entries.length, dice);
  const torn = kept > durable && dice.chance(1, 4);
  inode.settle(kept);
  if (torn) inode.mark(kept - 1, ENTRY_TORN);
  const firstLost = Math.min(shared, torn ? kept - 1 : kept);
  // Also without a loss, if what a truncation had cut off is there again.
  if (firstLost >= written.length && firstLost >= kept) return null;
  return { from: firstLost, lost: written.slice(firstLost) };
}

/** Nothing more than is durable, or everything, in a quarter of the cases each: write-back has not or has come round. */
function drawPrefix(durable: number, length: number, dice: Stream): number {
  const mood = dice.int(4);
  if (mood === 0) return durable;
  if (mood === 1) return length;
  return dice.between(durable, length);
}

function byPath(a: Inode | Directory, b: Inode | Directory): number {
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
