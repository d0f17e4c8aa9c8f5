/** A fixed loop of integer work: what other figures are divided by to compare machines. */

const STEPS = 100_000_000;

/** Millions of steps per CPU-second. */
export function calibrate(): number {
  spin(STEPS / 10);
  const began = process.cpuUsage();
  spin(STEPS);
  return STEPS / cpuMicrosSince(began);
}

/** CPU time of this process, user and system, in microseconds. */
export function cpuMicrosSince(began: NodeJS.CpuUsage): number {
  const used = process.cpuUsage(began);
  return used.user + used.system;
}

function spin(steps: number): number {
  let state = 1;
  for (let i = 0; i < steps; i++) state = (Math.imul(state, 1664525) + 1013904223) ^ (state >>> 13);
  return state;
}
