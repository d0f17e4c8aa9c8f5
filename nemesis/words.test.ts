import { describe, expect, it } from 'vitest';
import type { Target } from './plan.js';
import { sayStrike } from './words.js';

const say = (fault: string, target: Target, parameters = {}): string =>
  sayStrike({ fault, target, when: { at: 0.07, for: 14_800_000 }, with: parameters }, ['orders-0'], 60_000_000);
const role = (name: string): Target => ({ kind: 'role', role: name, key: 0, pick: 0 });

describe('a strike in words', () => {
  it('says when, to whom, what, and for how long', () => {
    expect(say('leader-killed', role('leader'))).toBe(
      '4.200 s  the leader of orders-0 is killed and started again (14.800 s)',
    );
    expect(say('broker-paused', { kind: 'machine', machine: 'b2' })).toBe(
      '4.200 s  b2 is paused: nothing in it runs, while its sockets still take bytes (14.800 s)',
    );
    expect(say('clock-jump', role('any'), { seconds: -3 })).toBe(
      '4.200 s  a machine has its wall clock set 3 s back (14.800 s)',
    );
  });

  it('does not say how long what ends by itself lasts', () => {
    expect(say('rolling-restart', role('broker'), { how: 'kill', 'down-ms': 100 })).toBe(
      '4.200 s  a broker and then every other broker is killed and started again, one by one',
    );
  });
});
