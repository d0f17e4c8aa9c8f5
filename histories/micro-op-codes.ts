/** The kinds of micro-operations as numbers, for histories in columns. */

/** Codes in `microOpKind`. */
export const SEND = 0;
export const POLL = 1;
export const APPEND = 2;
export const READ = 3;
export const COMMIT = 4;
export const COMMITTED = 5;
export const END_OFFSET = 6;
export const OWN = 7;
export const DERIVE = 8;
export const ASSIGN = 9;
export const PROCESS = 10;
