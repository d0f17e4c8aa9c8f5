/** All black-box checkers, a line each. */
import type { Checker } from '../checker.js';
import { abortedRead } from './aborted-read.js';
import { ackOffsetMismatch } from './ack-offset-mismatch.js';
import { duplicate } from './duplicate.js';
import { inconsistentOffsets } from './inconsistent-offsets.js';
import { keyOrder } from './key-order.js';
import { lostWrite } from './lost-write.js';
import { nonmonotonicSend } from './nonmonotonic-send.js';
import { phantom } from './phantom.js';
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
  abortedRead,
  phantom,
  uniqueValues,
];
