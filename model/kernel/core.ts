/** What all parts of one world share: its seed, its time, its events, its probes. */
import { EventQueue } from './event-queue.js';
import { ProbeHub } from './probes.js';
import type { OperationRecorder } from './recorder.js';

export class Core {
  readonly seed: string;
  readonly recorder: OperationRecorder;
  readonly queue = new EventQueue();
  readonly probes = new ProbeHub();
  /** Virtual time in whole microseconds. */
  now = 0;

  constructor(seed: string, recorder: OperationRecorder) {
    this.seed = seed;
    this.recorder = recorder;
  }
}
