/** One call of the user's function, from its start to its end. */

/**
 * running: it goes on when something is done for it. done: it returned or threw. gone: a process that it ran in was killed,
 * or the safety phase is over, and it never goes on; what it awaits stays open, as in a program that was killed.
 */
export type InvocationState = 'running' | 'done' | 'gone';

export class Invocation {
  readonly number: number;
  /** The producer that it was dealt, as steps count clients. */
  readonly client: number;
  /** Clients that it has used: it runs in their processes. */
  readonly uses = new Set<number>();
  state: InvocationState = 'running';
  /** What it asked the world for and has not got. */
  pending = 0;

  constructor(number: number, client: number) {
    this.number = number;
    this.client = client;
    this.uses.add(client);
  }
}
