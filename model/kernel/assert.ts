/** States a rule. A broken rule is a fault of Harrow itself, so it stops the run. */
export function assert(condition: boolean, rule: string): asserts condition {
  if (!condition) throw new Error(`broken rule: ${rule}`);
}
