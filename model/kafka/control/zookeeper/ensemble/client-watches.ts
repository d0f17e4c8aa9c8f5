/** The watches of a session, as its client knows them: ZooKeeper.ZKWatchManager. They outlive connections, not the session. */
import { ZkCode } from './codes.js';
import type { ClientOp, OpResult, SetWatchesOp, ZnodeEvent } from './operations.js';

export class ClientWatches {
  private readonly data = new Set<string>();
  /** Of znodes that were not there. */
  private readonly exists = new Set<string>();
  private readonly children = new Set<string>();

  clear(): void {
    this.data.clear();
    this.exists.clear();
    this.children.clear();
  }

  /** A read was answered: its watch stands, as the server has it. */
  onResult(op: ClientOp, { code }: OpResult): void {
    if (op.kind !== 'get-data' && op.kind !== 'exists' && op.kind !== 'get-children') return;
    if (!op.watch) return;
    if (code === ZkCode.OK) (op.kind === 'get-children' ? this.children : this.data).add(op.path);
    else if (code === ZkCode.NONODE && op.kind === 'exists') this.exists.add(op.path);
  }

  /** @returns whether somebody watched for it: an event may come twice, from the former server and the next */
  take({ type, path }: ZnodeEvent): boolean {
    switch (type) {
      case 'children-changed':
        return this.children.delete(path);
      case 'deleted': {
        const wasWatched = [this.data.delete(path), this.exists.delete(path), this.children.delete(path)];
        return wasWatched.includes(true);
      }
      default: {
        const wasWatched = [this.data.delete(path), this.exists.delete(path)];
        return wasWatched.includes(true);
      }
    }
  }

  /** null: nothing is watched. */
  renewal(relativeZxid: number): SetWatchesOp | null {
    const { data, exists, children } = this;
    if (data.size + exists.size + children.size === 0) return null;
    return {
      kind: 'set-watches',
      relativeZxid,
      data: [...data],
      exists: [...exists],
      children: [...children],
    };
  }
}
