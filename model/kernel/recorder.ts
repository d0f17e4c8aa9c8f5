/**
 * Where clients of the simulated system report what they did, as they saw it. `histories/` implements it by shape.
 */
export type Outcome = 'ok' | 'fail' | 'info';

export interface OperationRecorder {
  /**
   * A client invokes an operation now.
   * @param client machine of the client
   * @param session the client's producer or consumer session: machine × 65536 + incarnation, and of one of several
   *   producers in a process its number × 2^32 beside
   * @param f what it does: 'send', 'poll', 'assign', ...
   * @returns the operation's number, to be given to `complete`
   */
  invoke(client: number, session: number, f: string, value: unknown): number;
  /** An operation that is open has come to more than was known when it was invoked: this is its value until it completes. */
  amend(operation: number, value: unknown): void;
  /** `fail` only if it certainly did not happen; `info` if that is unknown. */
  complete(operation: number, outcome: Outcome, value: unknown, error?: string): void;
}

/** Hears nothing. */
export const NO_RECORDER: OperationRecorder = {
  invoke: () => 0,
  amend: () => undefined,
  complete: () => undefined,
};
