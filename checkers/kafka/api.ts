/**
 * What `runs/` calls to judge a trial.
 *
 *   const budget = createBudget(system.probes);                          // live: hand it to the nemesis as impaired()
 *   const invariants = createInvariants(view, system.probes, found, clock);
 *   probes.listen(budget.kinds, budget); probes.listen(invariants.kinds, invariants);
 *   ...
 *   const { anomalies, undecided } = checkHistory(history, notes);
 *   const verdict = judge({ history, trace, anomalies: [...found, ...anomalies], undecided, requirements });
 */
export { jepsenOrder } from './jepsen-order.js';
export { jepsenUnseen } from './jepsen-unseen.js';
export { checkHistory, type CheckNotes, type StuckNote } from './check-history.js';
export { judge } from './judge.js';
export { checkInformational, informational } from './informational/registry.js';
export { lagsBeyond, realtimeLags, type Lag } from './informational/realtime-lag.js';
export { maxLag } from './requirements/rows.js';
export { createBudget, type Budget } from './budget.js';
export { checkTrace, createInvariants, type InvariantOptions } from './invariants/create.js';
export { Recheck, recheckedIds, type Disagreement } from './invariants/from-scratch/recheck.js';
export { eligibleForgotten, gaps } from './guarantees/gaps.js';
export { guarantees, isWorthSaying } from './guarantees/registry.js';
export { defaultRequirements, requirements, requirementsSuiting } from './requirements/registry.js';
export { licenceWords } from './licences/rows.js';
export { invariants } from './invariants/registry.js';
