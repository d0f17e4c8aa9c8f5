/**
 * What travels on a connection beside the messages of its users. They stand in the same queues as messages, so that
 * they keep their place among them, and are told apart by identity.
 */
import type { BrokenReason, Message } from './process.js';

/** The third leg of the handshake: the far end may accept. */
export const ACCEPT: Message = { kind: -1, bytes: 0 };
/** The handshake is through, for the end that asked. */
export const CONNECTED: Message = { kind: -2, bytes: 0 };
/** End of stream, behind everything that was written: the process closed its end. */
export const FIN: Message = { kind: -3, bytes: 0 };
/** End of stream, behind everything that was written: the process died and its machine closed the end. */
export const ORPHAN: Message = { kind: -4, bytes: 0 };
/** There is no such connection here any more. Not repeated if it is lost. */
export const RST: Message = { kind: -5, bytes: 0 };
/** Nothing came back for too long. Never travels: told by an end's own machine. */
export const TIMEOUT: Message = { kind: -6, bytes: 0 };
/** Nobody listens there. Never travels: told by an end's own machine. */
export const REFUSED: Message = { kind: -7, bytes: 0 };

/** What a process is told when it reads one that ends its connection; undefined for all others. */
export function brokenBy(segment: Message): BrokenReason | undefined {
  switch (segment) {
    case FIN:
      return 'closed';
    case ORPHAN:
    case RST:
      return 'reset';
    case TIMEOUT:
      return 'timeout';
    case REFUSED:
      return 'refused';
    default:
      return undefined;
  }
}

/** A message of the users of the connection: rules are about these alone. */
export function isData(segment: Message): boolean {
  return segment !== ACCEPT && brokenBy(segment) === undefined;
}
