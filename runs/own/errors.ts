/** What the code of an own workload may meet. */

/** What a call of Kafka's client threw: `name` is Kafka's, 'NOT_ENOUGH_REPLICAS' or 'TimeoutException'. */
export class KafkaError extends Error {
  override readonly name: string;

  /** The call was not legal when it was made, whatever the cluster did: a mistake in the code. */
  get isMisuse(): boolean {
    return this.name === 'IllegalStateException' || this.name === 'ConcurrentModificationException';
  }

  /** @param error as histories name it: "TimeoutException: delivery.timeout.ms" */
  constructor(error: string, call: string) {
    const [name, ...rest] = error.split(': ');
    super(rest.length === 0 ? call : `${rest.join(': ')} (${call})`);
    this.name = name!;
  }
}

/** The code asks for what the spec does not have, or this build does not do: a mistake in the test. */
export class WorkloadError extends Error {
  override readonly name: string = 'WorkloadError';
}

/** The code waits for something outside the simulated world, where time stands still. */
export class OutsideWorldError extends WorkloadError {
  override readonly name = 'OutsideWorldError';
}
