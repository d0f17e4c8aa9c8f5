/** Producer ids, in blocks that each broker takes for itself in ZooKeeper: ZkProducerIdManager. */
import { ZkCode } from '../../control/zookeeper/ensemble/codes.js';
import { ZkPath, type ProducerIdsZnode } from '../../control/zookeeper/znodes.js';
import type { ZkSession } from '../../control/zookeeper/zk-session.js';
import { read, request, type ZkSteps } from '../../control/zookeeper/zk-steps.js';
import type { ProducerIds } from '../control-plane.js';

/** ProducerIdsBlock.PRODUCER_ID_BLOCK_SIZE */
const BLOCK_SIZE = 1000;

export class ZkProducerIds implements ProducerIds {
  private readonly brokerId: number;
  private readonly session: () => ZkSession;
  private nextId = 0;
  private end = 0;
  private isAwaited = false;

  constructor(brokerId: number, session: () => ZkSession) {
    this.brokerId = brokerId;
    this.session = session;
  }

  /** Kafka's thread blocks here until there is a block; ours tells the producer to come again. */
  next(): number {
    if (this.nextId < this.end) return this.nextId++;
    if (!this.isAwaited) {
      this.isAwaited = true;
      this.session().run(this.takeBlock(), () => {
        this.isAwaited = false;
      });
    }
    return -1;
  }

  /** Until nobody else was faster. A block whose taking was not heard of is lost: ids need only be unique. */
  private *takeBlock(): ZkSteps<void> {
    const path = ZkPath.producerIds;
    for (;;) {
      const last = yield* read<ProducerIdsZnode | null>(path);
      if (last === null) return;
      const start = last.data === null ? 0 : last.data.start + last.data.length;
      const data: ProducerIdsZnode = { brokerId: this.brokerId, start, length: BLOCK_SIZE };
      const taken = yield* request({ kind: 'set-data', path, data, version: last.version });
      if (taken.code === ZkCode.BADVERSION) continue;
      if (taken.code !== ZkCode.OK) return;
      this.nextId = start;
      this.end = start + BLOCK_SIZE;
      return;
    }
  }
}
