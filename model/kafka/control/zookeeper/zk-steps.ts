/**
 * How Kafka's threads use ZooKeeper: they send some requests at once, block until all are answered, and go on. Such a
 * thread is a generator here: it yields operations and is given their results. (KafkaZkClient, ZooKeeperClient.handleRequests)
 */
import { ZkCode, type ResultCode } from './ensemble/codes.js';
import type { ClientOp, OpResult, SingleWrite } from './ensemble/operations.js';
import { ZkPath } from './znodes.js';

export type ZkSteps<T> = Generator<readonly ClientOp[], T, readonly OpResult[]>;

/** What ends a thread's work, and is no mistake in the model. */
export class ZkFailure extends Error {}
/** The session is over; the thread's work ends with it (SessionExpiredException, ZooKeeperClientExpiredException). */
export class SessionExpired extends ZkFailure {}
/** Another controller has been elected (ControllerMovedException). */
export class ControllerMoved extends ZkFailure {}
/** An answer that Kafka treats as an error of its own (KeeperException). */
export class KeeperError extends ZkFailure {
  readonly code: ResultCode;
  constructor(code: ResultCode) {
    super(`ZooKeeper answered ${code}`);
    this.code = code;
  }
}

export function* requestAll(ops: readonly ClientOp[]): ZkSteps<readonly OpResult[]> {
  return ops.length === 0 ? [] : yield ops;
}

export function* request(op: ClientOp): ZkSteps<OpResult> {
  const [answer] = yield [op];
  return answer;
}

/** No znode: null. */
export function* read<T>(path: string, watch = false): ZkSteps<{ data: T; version: number; owner: number } | null> {
  const answer = yield* request({ kind: 'get-data', path, watch });
  if (answer.code === ZkCode.NONODE) return null;
  expectOk(answer);
  return { data: answer.data as T, version: answer.stat!.version, owner: answer.stat!.ephemeralOwner };
}

/** registerZNodeChangeHandlerAndCheckExistence */
export function* watchExistence(path: string): ZkSteps<boolean> {
  const answer = yield* request({ kind: 'exists', path, watch: true });
  if (answer.code === ZkCode.NONODE) return false;
  expectOk(answer);
  return true;
}

/** No znode: none. */
export function* children(path: string, watch: boolean): ZkSteps<readonly string[]> {
  const answer = yield* request({ kind: 'get-children', path, watch });
  if (answer.code === ZkCode.NONODE) return [];
  expectOk(answer);
  return answer.children;
}

/** makeSurePersistentPathExists */
export function* ensurePaths(paths: readonly string[]): ZkSteps<void> {
  for (const path of paths) {
    const answer = yield* request(persistent(path, null));
    if (answer.code !== ZkCode.NODEEXISTS) expectOk(answer);
  }
}

export function persistent(path: string, data: unknown): SingleWrite {
  return { kind: 'create', path, data, ephemeral: false, sequential: false };
}

export function ephemeral(path: string, data: unknown): SingleWrite {
  return { kind: 'create', path, data, ephemeral: true, sequential: false };
}

/**
 * Writes of a controller. From 2.1 on each is a multi that holds only while /controller_epoch has the version that this
 * controller gave it (KAFKA-6082); before, a former controller writes as before.
 * @param epochVersion -1: unchecked
 * @throws ControllerMoved
 */
export function* controllerWrites(writes: readonly SingleWrite[], epochVersion: number): ZkSteps<readonly OpResult[]> {
  if (epochVersion < 0) return yield* requestAll(writes);
  const check: SingleWrite = { kind: 'check', path: ZkPath.controllerEpoch, version: epochVersion };
  const answers = yield* requestAll(writes.map((write) => ({ kind: 'multi', ops: [check, write] })));
  return answers.map(({ code, results }) => {
    if (results.length === 0) throw new KeeperError(code);
    const [checked, written] = results;
    if (checked.code === ZkCode.BADVERSION || checked.code === ZkCode.NONODE) throw new ControllerMoved();
    return written;
  });
}

export function expectOk({ code }: OpResult): void {
  if (code === ZkCode.SESSIONEXPIRED) throw new SessionExpired();
  if (code !== ZkCode.OK) throw new KeeperError(code);
}
