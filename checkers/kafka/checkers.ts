/** All black-box checkers, a line each. */
import type { Checker } from '../checker.js';
import { abortedRead } from './aborted-read.js';
import { ackOffsetMismatch } from './ack-offset-mismatch.js';
import { duplicate } from './duplicate.js';
import { consumeTransformProduce } from './groups/consume-transform-produce.js';
import { counts } from './groups/counts.js';
import { duplicateConsumption } from './groups/duplicate-consumption.js';
import { offsetRegisters } from './groups/offset-registers.js';
import { groupOffsets } from './groups/offsets.js';
import { overlappingOwnership } from './groups/overlapping-ownership.js';
import { processedOutOfOrder } from './groups/processed-out-of-order.js';
import { processing } from './groups/processing.js';
import { zombieOutput } from './groups/zombie-output.js';
import { inconsistentOffsets } from './inconsistent-offsets.js';
import { keyOrder } from './key-order.js';
import { keyOrderAcrossSessions } from './key-order-across-sessions.js';
import { lostWrite } from './lost-write.js';
import { nonmonotonicSend } from './nonmonotonic-send.js';
import { partitionInstability } from './partition-instability.js';
import { phantom } from './phantom.js';
import { pollOrder } from './poll-order.js';
import { cycles } from './transactions/cycles.js';
import { interleavedTransactions } from './transactions/interleaved-transactions.js';
import { precommittedRead } from './transactions/precommitted-read.js';
import { tornTransaction } from './transactions/torn-transaction.js';
import { uniqueValues } from './unique-values.js';
import { unseen } from './unseen.js';

export const checkers: readonly Checker[] = [
  lostWrite,
  unseen,
  inconsistentOffsets,
  duplicate,
  ackOffsetMismatch,
  nonmonotonicSend,
  keyOrder,
  keyOrderAcrossSessions,
  partitionInstability,
  abortedRead,
  phantom,
  pollOrder,
  cycles,
  precommittedRead,
  tornTransaction,
  interleavedTransactions,
  consumeTransformProduce,
  counts,
  zombieOutput,
  groupOffsets,
  offsetRegisters,
  overlappingOwnership,
  duplicateConsumption,
  processing,
  processedOutOfOrder,
  uniqueValues,
];
