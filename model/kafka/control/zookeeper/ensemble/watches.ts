/** One-shot watches that clients of one server have left: WatchManager. A watcher is told once, then forgotten. */
import type { ZnodeEvent } from './operations.js';

export interface Watcher {
  notify(event: ZnodeEvent): void;
}

export class Watches {
  /** Left by get-data and exists. */
  private readonly data = new Map<string, Set<Watcher>>();
  /** Left by get-children. */
  private readonly children = new Map<string, Set<Watcher>>();

  watchData(path: string, watcher: Watcher): void {
    add(this.data, path, watcher);
  }

  watchChildren(path: string, watcher: Watcher): void {
    add(this.children, path, watcher);
  }

  /** Its connection is gone. */
  forget(watcher: Watcher): void {
    for (const watchers of this.data.values()) watchers.delete(watcher);
    for (const watchers of this.children.values()) watchers.delete(watcher);
  }

  /** A deletion is told to whoever watches either way, once. */
  fire(event: ZnodeEvent): void {
    const told = new Set<Watcher>();
    if (event.type !== 'children-changed') take(this.data, event.path, told);
    if (event.type === 'children-changed' || event.type === 'deleted') take(this.children, event.path, told);
    for (const watcher of told) watcher.notify(event);
  }
}

function add(watches: Map<string, Set<Watcher>>, path: string, watcher: Watcher): void {
  let watchers = watches.get(path);
  if (watchers === undefined) watches.set(path, (watchers = new Set()));
  watchers.add(watcher);
}

function take(watches: Map<string, Set<Watcher>>, path: string, told: Set<Watcher>): void {
  for (const watcher of watches.get(path) ?? []) told.add(watcher);
  watches.delete(path);
}
