/** How much smaller a trial became: the same words wherever it is said. */
import { counted } from './words.js';

export interface PlanSize {
  readonly faults: number;
  readonly sends: number;
}

/** "shrunk from 9 faults and 200 sends to 1 fault and 1 send (57 attempts)"; of faults nothing where there were none. */
export function shrunkWords(before: PlanSize, after: PlanSize, attempts: number): string {
  const size = ({ faults, sends }: PlanSize): string =>
    before.faults === 0 ? counted(sends, 'send') : `${counted(faults, 'fault')} and ${counted(sends, 'send')}`;
  return `shrunk from ${size(before)} to ${size(after)} (${counted(attempts, 'attempt')})`;
}
