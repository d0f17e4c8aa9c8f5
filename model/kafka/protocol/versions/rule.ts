/** How a rule is written down: what it decides, the values that it may take, oldest first, and who says so. */

export type ControlPlane = 'kraft' | 'zookeeper';

export type RuleValue = boolean | number | string;

export interface Rule<V extends RuleValue = RuleValue> {
  /** What it decides, in one sentence. */
  readonly sentence: string;
  /** KIP or JIRA with the release that brought it, and the class or method of Kafka's that applies it. */
  readonly source: string;
  /** Every value, oldest first. */
  readonly values: readonly V[];
  /** What each value means, in the order of `values`; empty for a rule that a release has or has not. */
  readonly meanings: readonly string[];
  /** The only control plane under which anything reads it. */
  readonly control: ControlPlane | null;
}

/** A rule that a release has or has not. */
export function toggle(sentence: string, source: string, control: ControlPlane | null = null): Rule<boolean> {
  return { sentence, source, values: [false, true], meanings: [], control };
}

/** A rule with named values, oldest first. */
export function choice<V extends string>(
  sentence: string,
  source: string,
  meanings: Readonly<Record<V, string>>,
  control: ControlPlane | null = null,
): Rule<V> {
  return { sentence, source, values: Object.keys(meanings) as V[], meanings: Object.values(meanings), control };
}

/** A rule whose values are numbers of Kafka's own. */
export function level<V extends number>(
  sentence: string,
  source: string,
  meanings: readonly (readonly [V, string])[],
): Rule<V> {
  return {
    sentence,
    source,
    values: meanings.map(([value]) => value),
    meanings: meanings.map(([, meaning]) => meaning),
    control: null,
  };
}
