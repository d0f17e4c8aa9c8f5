/**
 * What a leader remembers of a producer whose transaction it asks the coordinator about, before the first append of that
 * transaction: VerificationStateEntry, VerificationGuard (KIP-890 part 1). The batch is appended only if the guard that was
 * set then is still there: a marker in between removes it, a newer producer epoch does not.
 */
export interface VerificationGuard {
  producerEpoch: number;
  /** The lowest that was seen while the question was open: a later one would leave a gap in the log. */
  lowestSequence: number;
}

export class VerificationGuards {
  readonly #guards = new Map<number, VerificationGuard>();

  /**
   * The guard of this producer: the one that stands, or a new one (maybeCreateVerificationStateEntry). A newer epoch begins
   * its sequences anew (maybeUpdateLowestSequenceAndEpoch).
   */
  begin(producerId: number, producerEpoch: number, sequence: number): VerificationGuard {
    const standing = this.#guards.get(producerId);
    if (standing !== undefined) {
      const isNewer = producerEpoch > standing.producerEpoch;
      if (isNewer) standing.producerEpoch = producerEpoch;
      if (isNewer || (producerEpoch === standing.producerEpoch && sequence < standing.lowestSequence)) {
        standing.lowestSequence = sequence;
      }
      return standing;
    }
    const guard = { producerEpoch, lowestSequence: sequence };
    this.#guards.set(producerId, guard);
    return guard;
  }

  isStanding(producerId: number, guard: VerificationGuard | null): boolean {
    return guard !== null && this.#guards.get(producerId) === guard;
  }

  /** -1: nothing is being verified. */
  lowestSequence(producerId: number): number {
    return this.#guards.get(producerId)?.lowestSequence ?? -1;
  }

  clear(producerId: number): void {
    this.#guards.delete(producerId);
  }
}
