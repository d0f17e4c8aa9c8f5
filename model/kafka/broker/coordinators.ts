/** The coordinators that a broker runs, and the requests that go to them. */
import { findCoordinatorResponse } from '../coordinator/find-coordinator.js';
import { FIRST_GROUP_TIMER } from '../coordinator/group/services.js';
import { Api, CoordinatorType, type FindCoordinatorRequest, type Request } from '../protocol/messages.js';
import type { ProducerIds } from './control-plane.js';
import { withoutAbsentPartitions } from './absent-partitions.js';
import { GroupSupport } from './group-support.js';
import type { ProduceHandler } from './produce.js';
import type { ReplicaManager } from './replica-manager.js';
import type { RequestChannel } from './request-channel.js';
import { TransactionSupport } from './transaction-support.js';

export class Coordinators {
  /** null: nobody in the cluster uses transactions. */
  readonly #transactions: TransactionSupport | null;
  /** null: no client of the cluster is in a group. */
  readonly #groups: GroupSupport | null;
  readonly #replicas: ReplicaManager;

  /** null: the cluster has none. */
  static create(replicas: ReplicaManager, producerIds: ProducerIds): Coordinators | null {
    const { transactions, groups } = replicas.config;
    if (transactions === undefined && groups === undefined) return null;
    return new Coordinators(replicas, producerIds);
  }

  private constructor(replicas: ReplicaManager, producerIds: ProducerIds) {
    const { transactions, groups } = replicas.config;
    this.#replicas = replicas;
    this.#groups = groups === undefined ? null : new GroupSupport(replicas, groups);
    this.#transactions =
      transactions === undefined ? null : new TransactionSupport(replicas, producerIds, transactions, this.#groups);
  }

  /** Serving begins. */
  start(): void {
    this.#transactions?.coordinator.start();
    this.#groups?.coordinator.start();
  }

  rolesChanged(): void {
    this.#transactions?.coordinator.rolesChanged();
    this.#groups?.coordinator.rolesChanged();
  }

  /** False: the request is none of theirs. */
  handle(channel: RequestChannel, received: Request): boolean {
    if (received.kind === Api.findCoordinator) {
      this.#find(channel, received as FindCoordinatorRequest);
      return true;
    }
    const request = withoutAbsentPartitions(channel, received, this.#replicas.image);
    if (request === null) return true;
    return this.#transactions?.handle(channel, request) === true || this.#groups?.handle(channel, request) === true;
  }

  onTimer(kind: number, payload: unknown, produce: ProduceHandler): void {
    if (kind >= FIRST_GROUP_TIMER) this.#groups?.onTimer(kind, payload);
    else this.#transactions?.onTimer(kind, payload, produce);
  }

  #find(channel: RequestChannel, request: FindCoordinatorRequest): void {
    const kind = request.keyType === CoordinatorType.GROUP ? this.#groups : this.#transactions;
    channel.respond(findCoordinatorResponse(request, kind?.topic ?? null, this.#replicas.image));
  }
}
