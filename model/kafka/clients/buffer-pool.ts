/** buffer.memory: what batches of a producer may take together (BufferPool). Bytes are counted, not held. */
export class BufferPool {
  private readonly total: number;
  available: number;

  constructor(total: number) {
    this.total = total;
    this.available = total;
  }

  /** False if there is not enough: then the caller waits for a release. */
  tryAllocate(bytes: number): boolean {
    if (bytes > this.available) return false;
    this.available -= bytes;
    return true;
  }

  release(bytes: number): void {
    this.available += bytes;
    if (this.available > this.total) throw new Error('More buffer memory was released than was ever allocated');
  }
}
