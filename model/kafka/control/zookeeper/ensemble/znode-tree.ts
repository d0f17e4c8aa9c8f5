/**
 * The tree of znodes and the sessions, as the committed transactions made them: DataTree. Each server applies the same
 * transactions in the same order, and so comes to the same results; whether a write succeeds is decided here.
 *
 * Znodes are immutable and replaced whole, so that a multi that fails half-way can be taken back.
 */
import { ZkCode, type ResultCode } from './codes.js';
import {
  ANY_VERSION,
  childrenResult,
  multiResult,
  result,
  type CreateOp,
  type DeleteOp,
  type MultiOp,
  type OpResult,
  type ReadOp,
  type SetDataOp,
  type SingleWrite,
  type Stat,
  type Transaction,
  type ZnodeEvent,
} from './operations.js';

export interface Znode {
  readonly data: unknown;
  readonly stat: Stat;
  /** Names, in the order of their creation. */
  readonly children: readonly string[];
}

export interface Outcome {
  readonly result: OpResult;
  /** For the watches; empty if nothing changed. */
  readonly events: readonly ZnodeEvent[];
}

const ROOT_STAT: Stat = { czxid: 0, mzxid: 0, pzxid: 0, version: 0, cversion: 0, ephemeralOwner: 0 };
const NO_EVENTS: readonly ZnodeEvent[] = [];

export class ZnodeTree {
  /** Time-outs in microseconds, by session. */
  readonly sessions = new Map<number, number>();
  /** Of the last transaction applied. */
  lastZxid = 0;
  private readonly nodes = new Map<string, Znode>([['/', { data: null, stat: ROOT_STAT, children: [] }]]);
  /** What the transaction being applied has replaced so far, to be taken back. */
  private undo: { readonly path: string; readonly node: Znode | undefined }[] = [];
  private events: ZnodeEvent[] = [];

  /** undefined: no such znode. */
  node(path: string): Znode | undefined {
    return this.nodes.get(path);
  }

  read(op: ReadOp): OpResult {
    const node = this.nodes.get(op.path);
    if (node === undefined) return result(ZkCode.NONODE);
    switch (op.kind) {
      case 'get-data':
        return result(ZkCode.OK, node.stat, op.path, node.data);
      case 'exists':
        return result(ZkCode.OK, node.stat, op.path);
      case 'get-children':
        return childrenResult(node.children, node.stat);
    }
  }

  apply(transaction: Transaction): Outcome {
    if (transaction.zxid <= this.lastZxid) throw new Error('transactions are applied in order, each once');
    this.lastZxid = transaction.zxid;
    this.undo = [];
    this.events = [];
    const outcome = this.perform(transaction);
    if (outcome.code !== ZkCode.OK) {
      this.takeBack();
      return { result: outcome, events: NO_EVENTS };
    }
    return { result: outcome, events: this.events };
  }

  private perform({ zxid, session, op }: Transaction): OpResult {
    switch (op.kind) {
      case 'create-session':
        this.sessions.set(zxid, op.timeoutMicros);
        return result(ZkCode.OK);
      case 'close-session':
        return this.closeSession(session, zxid);
      case 'error':
        return result(op.code);
    }
    if (!this.sessions.has(session)) return result(ZkCode.SESSIONEXPIRED);
    return op.kind === 'multi' ? this.multi(op, session, zxid) : this.write(op, session, zxid);
  }

  private write(op: SingleWrite, session: number, zxid: number): OpResult {
    switch (op.kind) {
      case 'create':
        return this.create(op, session, zxid);
      case 'delete':
        return this.remove(op, zxid);
      case 'set-data':
        return this.setData(op, zxid);
      case 'check': {
        const node = this.nodes.get(op.path);
        return node === undefined ? result(ZkCode.NONODE) : result(versionCode(node, op.version), node.stat);
      }
    }
  }

  /** The part that fails says why; those after it were not tried, those before it are taken back. */
  private multi({ ops }: MultiOp, session: number, zxid: number): OpResult {
    const results: OpResult[] = [];
    for (const op of ops) {
      const part = this.write(op, session, zxid);
      results.push(part);
      if (part.code === ZkCode.OK) continue;
      const untried = ops.slice(results.length).map(() => result(ZkCode.RUNTIMEINCONSISTENCY));
      const before = results.slice(0, -1).map(() => result(ZkCode.OK));
      return multiResult(part.code, [...before, part, ...untried]);
    }
    return multiResult(ZkCode.OK, results);
  }

  private create(op: CreateOp, session: number, zxid: number): OpResult {
    const parentPath = parentOf(op.path);
    const parent = this.nodes.get(parentPath);
    if (parent === undefined) return result(ZkCode.NONODE);
    if (parent.stat.ephemeralOwner !== 0) return result(ZkCode.NOCHILDRENFOREPHEMERALS);
    const path = op.sequential ? op.path + String(parent.stat.cversion).padStart(10, '0') : op.path;
    if (this.nodes.has(path)) return result(ZkCode.NODEEXISTS);
    const ephemeralOwner = op.ephemeral ? session : 0;
    const stat: Stat = { czxid: zxid, mzxid: zxid, pzxid: zxid, version: 0, cversion: 0, ephemeralOwner };
    this.put(path, { data: op.data, stat, children: [] });
    this.changeChildren(parentPath, [...parent.children, nameOf(path)], zxid);
    this.events.push({ type: 'created', path }, { type: 'children-changed', path: parentPath });
    return result(ZkCode.OK, stat, path);
  }

  private remove(op: DeleteOp, zxid: number): OpResult {
    const node = this.nodes.get(op.path);
    if (node === undefined) return result(ZkCode.NONODE);
    const code = versionCode(node, op.version);
    if (code !== ZkCode.OK) return result(code);
    if (node.children.length > 0) return result(ZkCode.NOTEMPTY);
    const parentPath = parentOf(op.path);
    const name = nameOf(op.path);
    this.put(op.path, undefined);
    const siblings = this.nodes.get(parentPath)!.children.filter((child) => child !== name);
    this.changeChildren(parentPath, siblings, zxid);
    this.events.push({ type: 'deleted', path: op.path }, { type: 'children-changed', path: parentPath });
    return result(ZkCode.OK);
  }

  private setData(op: SetDataOp, zxid: number): OpResult {
    const node = this.nodes.get(op.path);
    if (node === undefined) return result(ZkCode.NONODE);
    const code = versionCode(node, op.version);
    if (code !== ZkCode.OK) return result(code);
    const stat: Stat = { ...node.stat, mzxid: zxid, version: node.stat.version + 1 };
    this.put(op.path, { data: op.data, stat, children: node.children });
    this.events.push({ type: 'data-changed', path: op.path });
    return result(ZkCode.OK, stat, op.path);
  }

  /** Its ephemeral znodes go with it, in one transaction. */
  private closeSession(session: number, zxid: number): OpResult {
    if (!this.sessions.delete(session)) return result(ZkCode.SESSIONEXPIRED);
    const owned = [...this.nodes.keys()].filter((path) => this.nodes.get(path)!.stat.ephemeralOwner === session);
    for (const path of owned) this.remove({ kind: 'delete', path, version: ANY_VERSION }, zxid);
    return result(ZkCode.OK);
  }

  private changeChildren(path: string, children: readonly string[], zxid: number): void {
    const { data, stat } = this.nodes.get(path)!;
    this.put(path, { data, stat: { ...stat, pzxid: zxid, cversion: stat.cversion + 1 }, children });
  }

  private put(path: string, node: Znode | undefined): void {
    this.undo.push({ path, node: this.nodes.get(path) });
    if (node === undefined) this.nodes.delete(path);
    else this.nodes.set(path, node);
  }

  private takeBack(): void {
    for (const { path, node } of this.undo.toReversed()) {
      if (node === undefined) this.nodes.delete(path);
      else this.nodes.set(path, node);
    }
  }
}

function versionCode(node: Znode, version: number): ResultCode {
  return version === ANY_VERSION || version === node.stat.version ? ZkCode.OK : ZkCode.BADVERSION;
}

function parentOf(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash === 0 ? '/' : path.slice(0, slash);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
