/**
 * Names of files, and what of them would survive power loss.
 *
 * Each directory keeps its operations since it was last synced. Power loss keeps a prefix of them: the rest is undone,
 * last first. A creation that was made durable by an fsync of the file (as ext4 and xfs do it) pins everything before it
 * in its directory, as their journals do.
 */
import { Inode } from './inode.js';

/** Whatever lies at a path and below it. */
export interface Subtree {
  readonly files: readonly Inode[];
  readonly directories: readonly Directory[];
}

/** Names are those in the directory that keeps the operation: the directory itself may be renamed. */
export type DirectoryOperation =
  | { readonly kind: 'create'; readonly name: string; pinned: boolean }
  | {
      readonly kind: 'rename';
      readonly fromDirectory: Directory;
      readonly fromName: string;
      readonly name: string;
      /** What lay there before, and its path then. */
      readonly displaced: Subtree;
      readonly at: string;
      pinned: boolean;
    }
  | { readonly kind: 'remove'; readonly name: string; readonly removed: Subtree; readonly at: string; pinned: boolean };

export interface Directory {
  path: string;
  /** Since its last sync, oldest first. */
  pending: DirectoryOperation[];
  /** The operation in its parent that made it, until that is durable. */
  creation: DirectoryOperation | null;
}

const ROOT = '';

export class DirectoryTree {
  readonly files = new Map<string, Inode>();
  readonly directories = new Map<string, Directory>();
  private readonly mountPoint: string;

  /** @param mountPoint where it begins: it is always there */
  constructor(mountPoint = ROOT) {
    this.mountPoint = mountPoint;
    this.begin();
  }

  /** The file of this path, made if there is none. */
  create(path: string): Inode {
    const found = this.files.get(path);
    if (found !== undefined) return found;
    const inode = new Inode(path);
    inode.creation = { kind: 'create', name: nameOf(path), pinned: false };
    this.directory(parentOf(path)).pending.push(inode.creation);
    this.files.set(path, inode);
    return inode;
  }

  exists(path: string): boolean {
    return this.files.has(path) || this.directories.has(path);
  }

  /** Paths of files and directories directly below, in the order of their code units. */
  list(directory: string): string[] {
    const isChild = (path: string): boolean => path !== ROOT && parentOf(path) === directory;
    const children = [...this.files.keys(), ...this.directories.keys()].filter(isChild);
    return children.sort();
  }

  rename(from: string, to: string): void {
    if (from === to || !this.exists(from)) return;
    const fromDirectory = this.directory(parentOf(from));
    const displaced = this.detach(to);
    this.attach(this.detach(from), from, to);
    const names = { fromName: nameOf(from), name: nameOf(to) };
    const operation: DirectoryOperation = { kind: 'rename', fromDirectory, ...names, displaced, at: to, pinned: false };
    this.directory(parentOf(to)).pending.push(operation);
  }

  remove(path: string): void {
    if (!this.exists(path)) return;
    const removed = this.detach(path);
    const operation: DirectoryOperation = { kind: 'remove', name: nameOf(path), removed, at: path, pinned: false };
    this.directory(parentOf(path)).pending.push(operation);
  }

  sync(path: string): void {
    const directory = this.directories.get(path);
    if (directory === undefined) return;
    directory.pending = [];
    this.pinDirectory(path);
  }

  /** A file was fsynced: neither its creation nor that of the directories above it can be undone. */
  pinFile(inode: Inode): void {
    if (inode.creation === null) return;
    inode.creation.pinned = true;
    inode.creation = null;
    this.pinDirectory(parentOf(inode.path));
  }

  /** Takes a directory's operations back, last first, until `kept` of them are left. What is left is durable. */
  undo(directory: Directory, kept: number): void {
    for (const operation of directory.pending.splice(kept).reverse()) {
      const path = join(directory.path, operation.name);
      switch (operation.kind) {
        case 'create':
          this.detach(path);
          break;
        case 'rename':
          this.attach(this.detach(path), path, join(operation.fromDirectory.path, operation.fromName));
          this.attach(operation.displaced, operation.at, path);
          break;
        case 'remove':
          this.attach(operation.removed, operation.at, path);
          break;
      }
    }
    directory.pending = [];
  }

  /** Everything is gone, at once and for good. */
  wipe(): void {
    this.files.clear();
    this.directories.clear();
    this.begin();
  }

  private begin(): void {
    for (const path of new Set([ROOT, this.mountPoint])) {
      this.directories.set(path, { path, pending: [], creation: null });
    }
  }

  private directory(path: string): Directory {
    const found = this.directories.get(path);
    if (found !== undefined) return found;
    const creation: DirectoryOperation = { kind: 'create', name: nameOf(path), pinned: false };
    this.directory(parentOf(path)).pending.push(creation);
    const directory: Directory = { path, pending: [], creation };
    this.directories.set(path, directory);
    return directory;
  }

  private pinDirectory(path: string): void {
    const creation = this.directories.get(path)?.creation;
    if (creation === undefined || creation === null) return;
    creation.pinned = true;
    this.directories.get(path)!.creation = null;
    this.pinDirectory(parentOf(path));
  }

  private detach(path: string): Subtree {
    const file = this.files.get(path);
    if (file !== undefined) {
      this.files.delete(path);
      return { files: [file], directories: [] };
    }
    const files = [...this.files.values()].filter((inode) => isAtOrBelow(inode.path, path));
    const directories = [...this.directories.values()].filter((directory) => isAtOrBelow(directory.path, path));
    for (const inode of files) this.files.delete(inode.path);
    for (const directory of directories) this.directories.delete(directory.path);
    return { files, directories };
  }

  private attach(subtree: Subtree, from: string, to: string): void {
    for (const directory of subtree.directories) {
      directory.path = to + directory.path.slice(from.length);
      this.directories.set(directory.path, directory);
    }
    for (const inode of subtree.files) {
      inode.path = to + inode.path.slice(from.length);
      this.files.set(inode.path, inode);
    }
  }
}

/** The directory that a path lies in; '' is the root. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash < 0 ? ROOT : path.slice(0, slash);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function join(directory: string, name: string): string {
  return directory === ROOT ? name : `${directory}/${name}`;
}

function isAtOrBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}/`);
}
