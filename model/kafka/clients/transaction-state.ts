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
