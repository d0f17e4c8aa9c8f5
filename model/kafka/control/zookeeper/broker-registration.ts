/** A broker's znode: KafkaZkClient.registerBroker. Its czxid is the broker epoch. */
import { ZkCode } from './ensemble/codes.js';
import { ANY_VERSION } from './ensemble/operations.js';
import { brokerPath, PERSISTENT_PATHS, type BrokerZnode } from './znodes.js';
import { ensurePaths, ephemeral, expectOk, request, type ZkSteps } from './zk-steps.js';

/** The znode of a former session of this broker is still there (NodeExistsException). */
export const ALREADY_REGISTERED = -1;

export interface Registration {
  readonly brokerId: number;
  readonly rack: string | null;
  /** The sessions that this process has had. Since 2.2 (KAFKA-7165) a znode of one of them is replaced. */
  readonly formerSessions: readonly number[];
}

/** @returns the broker epoch, or ALREADY_REGISTERED */
export function* registerBroker(
  { brokerId, rack, formerSessions }: Registration,
  session: () => number,
  reclaims: boolean,
): ZkSteps<number> {
  yield* ensurePaths(PERSISTENT_PATHS);
  const path = brokerPath(brokerId);
  for (;;) {
    const created = yield* request(ephemeral(path, { brokerId, rack } satisfies BrokerZnode));
    if (created.code === ZkCode.OK) return created.stat!.czxid;
    if (created.code !== ZkCode.NODEEXISTS) expectOk(created);
    const present = yield* request({ kind: 'exists', path, watch: false });
    if (present.code === ZkCode.NONODE) continue;
    expectOk(present);
    const { ephemeralOwner, czxid } = present.stat!;
    // Made by an attempt whose answer was lost.
    if (ephemeralOwner === session()) return czxid;
    if (!reclaims || !formerSessions.includes(ephemeralOwner)) return ALREADY_REGISTERED;
    yield* request({ kind: 'delete', path, version: ANY_VERSION });
  }
}
