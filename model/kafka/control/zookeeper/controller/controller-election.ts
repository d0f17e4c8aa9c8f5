/** How a broker becomes the controller: an ephemeral znode, and an epoch that rises with each. */
import { ZkCode } from '../ensemble/codes.js';
import { ANY_VERSION } from '../ensemble/operations.js';
import { ZkPath, type ControllerZnode } from '../znodes.js';
import {
  ControllerMoved,
  controllerWrites,
  ephemeral,
  expectOk,
  KeeperError,
  persistent,
  read,
  request,
  SessionExpired,
  type ZkSteps,
} from '../zk-steps.js';

export const NOBODY = -1;

export interface ControllerEpoch {
  readonly epoch: number;
  readonly zkVersion: number;
}

/** -1: nobody. */
export function* readControllerId(): ZkSteps<number> {
  const znode = yield* read<ControllerZnode>(ZkPath.controller);
  return znode === null ? NOBODY : znode.data.brokerId;
}

/**
 * Since 2.1 both in one transaction (KAFKA-6082): registerControllerAndIncrementControllerEpoch.
 * @throws ControllerMoved if another was faster
 */
export function* registerWithEpoch(brokerId: number): ZkSteps<ControllerEpoch> {
  const known = yield* readOrCreateEpoch();
  const epoch = known.epoch + 1;
  const answer = yield* request({
    kind: 'multi',
    ops: [
      ephemeral(ZkPath.controller, { brokerId } satisfies ControllerZnode),
      { kind: 'set-data', path: ZkPath.controllerEpoch, data: epoch, version: known.zkVersion },
    ],
  });
  if (answer.code === ZkCode.OK) return { epoch, zkVersion: known.zkVersion + 1 };
  if (answer.code !== ZkCode.NODEEXISTS && answer.code !== ZkCode.BADVERSION) throw failureOf(answer.code);
  // The answer to an earlier attempt may have been lost.
  const now = yield* read<number>(ZkPath.controllerEpoch);
  const controller = yield* readControllerId();
  if (controller === brokerId && now?.data === epoch) return { epoch, zkVersion: now.version };
  throw new ControllerMoved();
}

/** Before 2.1: the znode first. @returns false: another has it */
export function* createControllerZnode(brokerId: number, session: number): ZkSteps<boolean> {
  const answer = yield* request(ephemeral(ZkPath.controller, { brokerId } satisfies ControllerZnode));
  if (answer.code === ZkCode.OK) return true;
  if (answer.code !== ZkCode.NODEEXISTS) throw failureOf(answer.code);
  // checkedEphemeralCreate: made by an attempt whose answer was lost.
  const znode = yield* read<ControllerZnode>(ZkPath.controller);
  return znode !== null && znode.owner === session;
}

/** Before 2.1: then the epoch. Another controller may have come in between. */
export function* incrementEpoch(): ZkSteps<ControllerEpoch> {
  const known = yield* readOrCreateEpoch();
  const epoch = known.epoch + 1;
  const path = ZkPath.controllerEpoch;
  const answer = yield* request({ kind: 'set-data', path, data: epoch, version: known.zkVersion });
  if (answer.code === ZkCode.BADVERSION) throw new ControllerMoved();
  expectOk(answer);
  return { epoch, zkVersion: answer.stat!.version };
}

/** triggerControllerMove: whoever looks next may be elected. */
export function* deleteController(epochVersion: number): ZkSteps<void> {
  yield* controllerWrites([{ kind: 'delete', path: ZkPath.controller, version: ANY_VERSION }], epochVersion);
}

function* readOrCreateEpoch(): ZkSteps<ControllerEpoch> {
  const znode = yield* read<number>(ZkPath.controllerEpoch);
  if (znode !== null) return { epoch: znode.data, zkVersion: znode.version };
  const answer = yield* request(persistent(ZkPath.controllerEpoch, 0));
  if (answer.code === ZkCode.NODEEXISTS) return yield* readOrCreateEpoch();
  expectOk(answer);
  return { epoch: 0, zkVersion: 0 };
}

function failureOf(code: number): Error {
  return code === ZkCode.SESSIONEXPIRED ? new SessionExpired() : new KeeperError(code);
}
