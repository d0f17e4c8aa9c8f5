/** How a log's producer state is brought to an offset: UnifiedLog.rebuildProducerState. */
import type { Host } from '../../kernel/process.js';
import { Probe } from '../probes.js';
import type { Rules } from '../protocol/versions/rules.js';
import { mustSucceed } from './storage-error.js';
import type { PartitionLog } from './partition-log.js';
import type { ProducerState } from './producer-state.js';

/**
 * The latest snapshot at or below `offset`, and what the log holds from there on. Snapshots are left at the base of the
 * last two segments and at the offset, so that the next one has little to read.
 */
export function rebuildProducerState(
  log: PartitionLog,
  state: ProducerState,
  offset: number,
  nowMs: number,
  rules: Rules,
): void {
  state.reload(log.logStartOffset, offset, nowMs);
  const { batches } = log;
  const bases = log.segments.all.slice(-2).map(({ baseOffset }) => baseOffset);
  for (let i = log.indexOf(state.end); i < batches.length && batches[i].baseOffset < offset; i++) {
    if (bases.includes(batches[i].baseOffset)) snapshot(state, rules);
    state.append(batches[i]);
  }
  state.moveEndTo(offset);
  snapshot(state, rules);
}

/** ProducerStateManager.takeSnapshot, which fsyncs; with KAFKA-9892 it does not. */
export function snapshot(state: ProducerState, rules: Rules): void {
  const file = state.takeSnapshot();
  if (file !== undefined && !rules.defects['KAFKA-9892']) mustSucceed(file.fsyncNow(), file.path);
}

/** Says of which producers this log's state now knows less than the log holds, as far as five batches reach. */
export function announceReload(log: PartitionLog, { id, probes }: Host): void {
  for (const { producerId, producerEpoch, batches } of log.producers.entries()) {
    // Nothing since the last marker, and the sequences begin anew.
    if (batches.length === 0) continue;
    const { baseSequence } = batches[0];
    if (batches.length >= log.producers.batchesRemembered || baseSequence === 0) continue;
    probes.emit(Probe.producerWindow, id, log.partition, producerId, producerEpoch, baseSequence, 0);
  }
}
