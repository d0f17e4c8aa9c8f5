/**
 * The rules of Kafka's protocol that differ between releases. This is the whole list; what a release has stands in
 * `rows.ts`, released bugs in `defects.ts`.
 *
 * A rule is read once, when a process is built, from the frozen object that `resolve.ts` makes. It is camelCase here and
 * kebab-case in specs.
 */
import type { Defects } from './defects.js';
import { clientRules } from './rules/clients.js';
import { administrationRules, kraftRules, zooKeeperRules } from './rules/control.js';
import { isrRules } from './rules/isr.js';
import { producerRules } from './rules/producers.js';
import { replicationRules } from './rules/replication.js';
import type { Rule } from './rule.js';

export const rules = {
  ...replicationRules,
  ...isrRules,
  ...administrationRules,
  ...kraftRules,
  ...zooKeeperRules,
  ...clientRules,
  ...producerRules,
};

export type RuleName = keyof typeof rules;

export const ruleNames = Object.keys(rules) as readonly RuleName[];

/** One field a rule. */
export type RuleValues = { readonly [name in RuleName]: (typeof rules)[name]['values'][number] };

/** What a process is built with: the rules in force, and the released bugs that it has. */
export interface Rules extends RuleValues {
  readonly defects: Defects;
}

/** Any rule's row by its name. */
export function ruleOf(name: RuleName): Rule {
  return rules[name];
}

/** highWatermarkGate is high-watermark-gate in specs. */
export function specName(name: RuleName): string {
  return name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** undefined: no rule has this name in specs. */
export function ruleBySpecName(name: string): RuleName | undefined {
  return ruleNames.find((rule) => specName(rule) === name);
}
