/** A transactional producer that commits offsets and nothing else, as the test says. */
import type { Puppet } from '../../../broker/testing/puppet.js';
import { Api, Purpose, type InitProducerIdResponse, type Response } from '../../../protocol/messages.js';
import type {
  AddOffsetsToTxnRequest,
  AddOffsetsToTxnResponse,
  EndTxnRequest,
  EndTxnResponse,
  TxnOffsetCommitRequest,
  TxnOffsetCommitResponse,
} from '../../../protocol/transaction-messages.js';
import { ask, type Ask, type ScriptedMember } from './scripted-member.js';

export class ScriptedProducer {
  producerId = -1;
  producerEpoch = -1;
  readonly #puppet: Puppet;
  readonly #transactionalId: string;
  readonly #groupId: string;
  readonly #coordinators: { readonly transaction: () => number; readonly group: () => number };

  constructor(
    puppet: Puppet,
    transactionalId: string,
    groupId: string,
    coordinators: { readonly transaction: () => number; readonly group: () => number },
  ) {
    this.#puppet = puppet;
    this.#transactionalId = transactionalId;
    this.#groupId = groupId;
    this.#coordinators = coordinators;
  }

  init(): Ask<InitProducerIdResponse> {
    const transactionalId = this.#transactionalId;
    return this.#ask(Api.initProducerId, { transactionalId, transactionTimeoutMs: 60_000 });
  }

  addOffsets(): Ask<AddOffsetsToTxnResponse> {
    const request: Fields<AddOffsetsToTxnRequest> = { ...this.#identity, groupId: this.#groupId };
    return this.#ask(Api.addOffsetsToTxn, request);
  }

  /** @param member whose group metadata goes with it (KIP-447); null: none, as before */
  commitOffsets(
    partition: number,
    committedOffset: number,
    member: ScriptedMember | null,
  ): Ask<TxnOffsetCommitResponse> {
    const request: Fields<TxnOffsetCommitRequest> = {
      ...this.#identity,
      groupId: this.#groupId,
      generationId: member?.generationId ?? -1,
      memberId: member?.memberId ?? '',
      groupInstanceId: member?.groupInstanceId ?? null,
      offsets: [{ partition, committedOffset, committedLeaderEpoch: 0 }],
    };
    const fields = { kind: Api.txnOffsetCommit, ...request };
    return ask(this.#puppet, this.#coordinators.group(), Purpose.clientData, fields);
  }

  end(committed: boolean): Ask<EndTxnResponse> {
    const request: Fields<EndTxnRequest> = { ...this.#identity, committed };
    return this.#ask(Api.endTxn, request);
  }

  get #identity() {
    const { producerId, producerEpoch } = this;
    return { transactionalId: this.#transactionalId, producerId, producerEpoch };
  }

  #ask<R extends Response>(kind: number, fields: object): Ask<R> {
    const purpose = Purpose.transactionCoordinator;
    return ask(this.#puppet, this.#coordinators.transaction(), purpose, { kind, ...fields });
  }
}

type Fields<Q> = Omit<Q, 'kind' | 'bytes' | 'correlationId'>;
