import type { TransactionalSend } from './producer-application.js';

/**
 * Calls of KafkaProducer.send that block: for the topic's metadata, or for buffer memory, at most max.block.ms. They
 * proceed in the order in which they were called, and calls that come later queue up behind them, as if one thread made
 * them all: so records of one producer keep their order. Each has its own time-out from its own call.
 */
export interface BlockedSend {
  readonly send: TransactionalSend;
  /** The partition's number, as the record, its key or the partitioner says; -1: none of them yet. */
  partition: number;
  /** The partitioner was asked, and told of a new batch: the send waits for memory alone. */
  placed: boolean;
  readonly operation: number;
  readonly deadline: number;
}

export class BlockedSends {
  private sends: BlockedSend[] = [];
  /** How many of them, from the front, are done with. */
  private gone = 0;

  get length(): number {
    return this.sends.length - this.gone;
  }

  get head(): BlockedSend | undefined {
    return this.sends[this.gone];
  }

  push(send: BlockedSend): void {
    this.sends.push(send);
  }

  shift(): void {
    this.gone++;
    if (this.gone === this.sends.length) {
      this.sends = [];
      this.gone = 0;
    }
  }
}
