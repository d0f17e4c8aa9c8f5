/** Rules about single messages. Each is asked once for every message that is sent, in the order of setting. */
import { assert } from './assert.js';
import type { MessageMatch, RuleId } from './network.js';
import type { Pipe } from './pipe.js';
import type { MachineId, Message } from './process.js';

export interface MessageRule {
  readonly id: RuleId;
  readonly match: MessageMatch;
  readonly act: 'hold' | 'delay' | 'reset-before';
  readonly arg: number;
  /** Messages that matched so far, and those of them on which it acted. */
  matched: number;
  acted: number;
  /** What it holds. */
  readonly holds: Pipe[];
}

export class MessageRules {
  /** Whether there are any: asked for every message, so a field. */
  any = false;
  /** By id - 1, dropped ones too. */
  private readonly all: MessageRule[] = [];
  private rules: MessageRule[] = [];

  add(match: MessageMatch, act: MessageRule['act'], arg: number): RuleId {
    const id = this.all.length + 1;
    const rule: MessageRule = { id, match, act, arg: Math.ceil(arg), matched: 0, acted: 0, holds: [] };
    this.all.push(rule);
    this.rules.push(rule);
    this.any = true;
    return id;
  }

  /** Ends a rule, if it has not ended, and lets go what it holds. Returns how many messages it acted on. */
  drop(id: RuleId): number {
    const rule = this.all[id - 1];
    assert(rule !== undefined, 'a rule was set before it is dropped');
    this.rules = this.rules.filter((other) => other !== rule);
    this.any = this.rules.length > 0;
    for (const pipe of rule.holds.splice(0)) pipe.release();
    return rule.acted;
  }

  /** The first rule that applies to this message. Every rule that matches counts it, so that `nth` of one does not depend on another. */
  match(from: MachineId, to: MachineId, message: Message): MessageRule | undefined {
    let applied: MessageRule | undefined;
    for (const rule of this.rules) {
      const { match } = rule;
      if (match.from !== undefined && match.from !== from) continue;
      if (match.to !== undefined && match.to !== to) continue;
      if (match.kind !== undefined && match.kind !== message.kind) continue;
      rule.matched++;
      if (match.nth === undefined || match.nth === rule.matched) applied ??= rule;
    }
    return applied;
  }
}
