/** Kinds of a controller's timers and yields. */

/** Above those of a broker, which may share the process. */
export const FIRST_CONTROLLER_TIMER = 10_000;

/** Those of an active controller carry the epoch of its leadership. */
export const ControllerTimer = {
  poll: FIRST_CONTROLLER_TIMER + 1,
  flushed: FIRST_CONTROLLER_TIMER + 2,
  fetchExpired: FIRST_CONTROLLER_TIMER + 3,
  /** A request was taken from its socket: handle it. */
  handle: FIRST_CONTROLLER_TIMER + 4,
  /** Records were committed: answer what waited for them. */
  committed: FIRST_CONTROLLER_TIMER + 5,
  checkSessions: FIRST_CONTROLLER_TIMER + 6,
  createTopics: FIRST_CONTROLLER_TIMER + 7,
  balanceLeaders: FIRST_CONTROLLER_TIMER + 8,
  electUnclean: FIRST_CONTROLLER_TIMER + 9,
  writeNoOp: FIRST_CONTROLLER_TIMER + 10,
} as const;
