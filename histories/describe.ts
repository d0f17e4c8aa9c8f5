/** One line for any operation: `send(orders-0, acct-8=7) → ok offset 4`. */
import type { History, MicroOp, Operation, PollMicroOp, SendMicroOp } from './operation.js';

export function describeOperation(operation: Operation, history: History): string {
  const called = operation.finalReadOf >= 0 ? 'final read' : operation.f;
  return `${called}(${argumentsOf(operation, history)}) → ${endOf(operation, history)}`;
}

function argumentsOf({ value, finalReadOf }: Operation, history: History): string {
  const args = value.filter(({ kind }) => kind !== 'derive').map((microOp) => argumentOf(microOp, history));
  if (finalReadOf >= 0) args.push(`leader ${machineName(finalReadOf, history)}`);
  return args.join('; ');
}

function argumentOf(microOp: MicroOp, history: History): string {
  const key = keyName(microOp.key, history);
  switch (microOp.kind) {
    case 'send':
      return sentAs(microOp, history);
    case 'append':
      return `append ${key} ${history.valueName(microOp.value)}`;
    case 'read':
      return `read ${key}`;
    case 'commit':
      return `group ${microOp.group}: ${key}=${microOp.offset}`;
    case 'committed':
      return `group ${microOp.group}: ${key}`;
    case 'process':
      return `group ${microOp.group}: ${key}@${microOp.offset}`;
    case 'own':
      return `group ${microOp.group}, generation ${microOp.generation}: ${microOp.member}`;
    default:
      return key;
  }
}

function sentAs({ key, recordKey, value, tombstone }: SendMicroOp, history: History): string {
  const plain = recordKey === null ? history.valueName(value) : `${recordKey}=${history.valueName(value)}`;
  const record = tombstone === true ? `${plain} (tombstone)` : plain;
  return `${keyName(key, history)}, ${record}`;
}

function endOf({ completedAt, outcome, value, error }: Operation, history: History): string {
  if (completedAt < 0) return 'never completed';
  const results = value.map((microOp) => resultOf(microOp, history)).filter((result) => result !== '');
  const shown = outcome === 'fail' ? [] : results;
  const told = outcome === 'ok' || error === null ? '' : ` ${error}`;
  return `${outcome}${told}${shown.length > 0 ? ' ' : ''}${shown.join('; ')}`;
}

function resultOf(microOp: MicroOp, history: History): string {
  switch (microOp.kind) {
    case 'poll':
      return readAs(microOp, history);
    case 'send':
    case 'committed':
    case 'end-offset':
      return microOp.offset < 0 ? '' : `offset ${microOp.offset}`;
    case 'read':
      return `${keyName(microOp.key, history)}=[${(microOp.values ?? []).map((one) => history.valueName(one)).join(' ')}]`;
    case 'own':
      return microOp.key < 0 ? 'nothing' : keyName(microOp.key, history);
    default:
      return '';
  }
}

/** A few records are shown; of more, how many and from where to where. */
function readAs({ offsets, values }: PollMicroOp, history: History): string {
  if (offsets.length === 0) return 'nothing';
  if (offsets.length <= 4) {
    return offsets.map((offset, i) => `${offset < 0 ? '?' : offset}=${history.valueName(values[i]!)}`).join(' ');
  }
  return `${offsets.length} records, offsets ${offsets[0]}..${offsets[offsets.length - 1]}`;
}

function keyName(key: number, history: History): string {
  return history.keys[key] ?? 'no partition known';
}

function machineName(machine: number, { header }: History): string {
  const broker = header.topology?.brokers.indexOf(machine) ?? -1;
  return header.nodes[broker] ?? `b${machine}`;
}
