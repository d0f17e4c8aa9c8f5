/** What is recorded of a send, in the shape of histories: one micro-operation. */

/**
 * Of a class, because V8 builds an object literal from a pattern of its own that does not follow when a field turns out to
 * hold whole numbers and others: each object made from it is rebuilt when it is first looked at.
 */
class SendMicroOperation {
  readonly kind = 'send';
  readonly key: number;
  readonly offset: number;
  readonly value: number;
  readonly recordKey: string | null;

  constructor(key: number, offset: number, value: number, recordKey: string | null) {
    this.key = key;
    this.offset = offset;
    this.value = value;
    this.recordKey = recordKey;
  }
}

/** @param offset -1 while it is unknown */
export function recordedSend(
  key: number,
  offset: number,
  value: number,
  recordKey: string | null,
  tombstone: boolean,
): object {
  if (tombstone) return { microOps: [{ kind: 'send', key, offset, value, recordKey, tombstone }] };
  return { microOps: [new SendMicroOperation(key, offset, value, recordKey)] };
}
