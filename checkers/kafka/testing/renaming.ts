/** A history under other values and offsets: verdicts must not change. */
import type { History, MicroOp } from '../../../histories/operation.js';

export type Renaming = (number: number) => number;

/** The same history with other values. */
export function withValues(history: History, renamed: Renaming): History {
  return mapped(history, (microOp) => {
    switch (microOp.kind) {
      case 'send':
      case 'append':
        return { ...microOp, value: renamed(microOp.value) };
      case 'poll':
        return { ...microOp, values: microOp.values.map(renamed) };
      case 'read':
        return { ...microOp, values: microOp.values?.map(renamed) ?? null };
      case 'derive':
        return { ...microOp, outputValue: renamed(microOp.outputValue) };
      default:
        return microOp;
    }
  });
}

/** The same history with other offsets; those that nobody knows stay so. */
export function withOffsets(history: History, renamed: Renaming): History {
  const known: Renaming = (offset) => (offset < 0 ? offset : renamed(offset));
  return mapped(history, (microOp) => {
    if (microOp.kind === 'poll') return { ...microOp, offsets: microOp.offsets.map(known) };
    return 'offset' in microOp ? { ...microOp, offset: known(microOp.offset) } : microOp;
  });
}

export function mapped(history: History, change: (microOp: MicroOp) => MicroOp): History {
  return {
    header: history.header,
    keys: history.keys,
    valueName: (value) => history.valueName(value),
    operations: history.operations.map((operation) => ({ ...operation, value: operation.value.map(change) })),
  };
}
