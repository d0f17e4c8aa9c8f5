/** The states of a transactional producer, and which may follow which (TransactionManager.State; clients.md §4.4). */
export type ProducerState =
  | 'uninitialized'
  | 'initializing'
  | 'ready'
  | 'in-transaction'
  | 'committing'
  | 'aborting'
  /** Only an abort is legal. */
  | 'abortable-error'
  /** Only close is. */
  | 'fatal-error';

const PREDECESSORS: Readonly<Record<ProducerState, readonly ProducerState[]>> = {
  uninitialized: [],
  initializing: ['uninitialized', 'committing', 'aborting'],
  ready: ['initializing', 'committing', 'aborting'],
  'in-transaction': ['ready'],
  committing: ['in-transaction'],
  aborting: ['in-transaction', 'abortable-error'],
  'abortable-error': ['in-transaction', 'committing', 'abortable-error', 'initializing'],
  'fatal-error': [
    'uninitialized',
    'initializing',
    'ready',
    'in-transaction',
    'committing',
    'aborting',
    'abortable-error',
    'fatal-error',
  ],
};

export function mayFollow(next: ProducerState, state: ProducerState): boolean {
  return PREDECESSORS[next].includes(state);
}

/** Requests to coordinators, in the order in which they go out: TransactionManager.Priority. */
export type TransactionalRequest =
  | { readonly kind: 'find-coordinator' }
  /** FindCoordinator of the group whose offsets are committed. */
  | { readonly kind: 'find-group-coordinator' }
  | { readonly kind: 'init-producer-id' }
  | { readonly kind: 'add-partitions'; readonly partitions: readonly number[] }
  | { readonly kind: 'add-offsets' }
  | { readonly kind: 'commit-offsets' }
  | { readonly kind: 'end-txn'; readonly committed: boolean }
  /** InitProducerId with the id and epoch of this session, after an abort (KIP-360). */
  | { readonly kind: 'epoch-bump' };

const PRIORITY: Readonly<Record<TransactionalRequest['kind'], number>> = {
  'find-coordinator': 0,
  'find-group-coordinator': 0,
  'init-producer-id': 1,
  'add-partitions': 2,
  'add-offsets': 2,
  'commit-offsets': 2,
  'end-txn': 3,
  'epoch-bump': 4,
};

export class RequestQueue {
  readonly #requests: TransactionalRequest[] = [];

  add(request: TransactionalRequest): void {
    const requests = this.#requests;
    let at = requests.length;
    while (at > 0 && PRIORITY[requests[at - 1]!.kind] > PRIORITY[request.kind]) at--;
    requests.splice(at, 0, request);
  }

  get head(): TransactionalRequest | undefined {
    return this.#requests[0];
  }

  shift(): void {
    this.#requests.shift();
  }

  has(kind: TransactionalRequest['kind']): boolean {
    return this.#requests.some((request) => request.kind === kind);
  }

  clear(): void {
    this.#requests.length = 0;
  }
}
