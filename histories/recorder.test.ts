import { describe, expect, it } from 'vitest';
import type { MicroOp } from './operation.js';
import { TrialRecorder } from './recorder.js';

const header = {
  probes: [],
  machines: [
    { name: '-', roles: [] },
    { name: 'p0', roles: ['producer'] },
  ],
  keys: ['orders-0'],
  faults: [],
};

function send(value: number, offset = -1): { microOps: MicroOp[] } {
  return { microOps: [{ kind: 'send', key: 0, offset, value, recordKey: 'acct-1' }] };
}

/** A recorder with a clock that the test sets. */
function recording(): { recorder: TrialRecorder; clock: { now: number } } {
  const clock = { now: 0 };
  const recorder = new TrialRecorder();
  recorder.begin(clock, header, (machine) => header.machines[machine]!.name);
  return { recorder, clock };
}

describe('a recorder', () => {
  it('keeps invocation and completion of an operation, with their times', () => {
    const { recorder, clock } = recording();
    clock.now = 10;
    const operation = recorder.invoke(1, 65537, 'send', send(5));
    clock.now = 30;
    recorder.complete(operation, 'ok', send(5, 4));
    const [recorded] = recorder.history({} as never, header.keys).operations;
    expect(recorded).toMatchObject({ client: 'p0', invokedAt: 10, completedAt: 30, outcome: 'ok', session: 65537 });
    expect(recorded!.value).toEqual([{ kind: 'send', key: 0, offset: 4, value: 5, recordKey: 'acct-1' }]);
  });

  it('refuses what no history file may have: it could not be read again', () => {
    const { recorder } = recording();
    expect(() => recorder.invoke(1, 65537, 'transaction', send(5))).toThrow(
      'No operation of a history is called transaction',
    );
    expect(recorder.invoke(1, 65537, 'txn', send(5))).toBe(0);
  });

  it('leaves an operation that never completes open, its outcome unknown', () => {
    const { recorder } = recording();
    recorder.invoke(1, 65537, 'send', send(5));
    expect(recorder.history({} as never, header.keys).operations[0]).toMatchObject({
      completedAt: -1,
      outcome: 'info',
    });
  });

  it('gives overlapping operations of one session different processes, and uses a process again once it is free', () => {
    const { recorder } = recording();
    const first = recorder.invoke(1, 65537, 'send', send(1));
    recorder.invoke(1, 65537, 'send', send(2));
    recorder.complete(first, 'ok', send(1, 0));
    recorder.invoke(1, 65537, 'send', send(3));
    const processes = recorder.history({} as never, header.keys).operations.map((operation) => operation.process);
    expect(processes).toEqual([0, 1, 0]);
  });

  it('retires the process of an operation whose outcome is unknown', () => {
    const { recorder } = recording();
    recorder.complete(recorder.invoke(1, 65537, 'send', send(1)), 'info', send(1), 'REQUEST_TIMED_OUT');
    recorder.invoke(1, 65537, 'send', send(2));
    const processes = recorder.history({} as never, header.keys).operations.map((operation) => operation.process);
    expect(processes).toEqual([0, 1]);
  });

  it('keeps what an open operation has come to, if it never completes', () => {
    const { recorder } = recording();
    const operation = recorder.invoke(1, 65537, 'txn', { microOps: [] });
    recorder.amend(operation, { microOps: [...send(1).microOps, ...send(2).microOps] });
    const [kept] = recorder.history({} as never, header.keys).operations;
    expect(kept!.value.map((microOp) => (microOp.kind === 'send' ? microOp.value : -1))).toEqual([1, 2]);
    expect([kept!.outcome, kept!.completedAt]).toEqual(['info', -1]);
    recorder.complete(operation, 'ok', send(1, 0));
    expect(() => recorder.amend(operation, send(2))).toThrow('completed before');
  });

  it('keeps of it what its line in a file has: where sends go to, and no offset', () => {
    const { recorder } = recording();
    const operation = recorder.invoke(1, 65537, 'txn', { microOps: [] });
    const commit = { kind: 'commit', key: 0, group: 'g', offset: 5 } as const;
    recorder.amend(operation, { microOps: [...send(1, 4).microOps, commit] });
    const value = () => recorder.history({} as never, header.keys).operations[0]!.value;
    expect(value()).toEqual([...send(1).microOps, commit]);
    recorder.complete(operation, 'ok', { microOps: [...send(1, 4).microOps, commit] });
    expect(value()).toEqual([...send(1, 4).microOps, commit]);
  });

  it('refuses to complete an operation twice', () => {
    const { recorder } = recording();
    const operation = recorder.invoke(1, 65537, 'send', send(1));
    recorder.complete(operation, 'ok', send(1, 0));
    expect(() => recorder.complete(operation, 'ok', send(1, 0))).toThrow('completed before');
  });
});

describe('the digest', () => {
  const run = (
    change: (recorder: TrialRecorder, clock: { now: number }) => void,
    events = 7,
    disks = [1, 2],
  ): string => {
    const { recorder, clock } = recording();
    clock.now = 5;
    recorder.onProbe(64, 1, 0, 1, 2, 3, 4);
    change(recorder, clock);
    return recorder.closeDigest(events, disks);
  };
  const nothing = (): void => undefined;

  it('is the same for the same operations and probes', () => {
    expect(run(nothing)).toBe(run(nothing));
  });

  it.each([
    ['another probe', (recorder: TrialRecorder) => recorder.onProbe(64, 1, 0, 1, 2, 3, 5)],
    ['another operation', (recorder: TrialRecorder) => void recorder.invoke(1, 65537, 'send', send(1))],
    [
      'a completion',
      (recorder: TrialRecorder) => recorder.complete(recorder.invoke(1, 65537, 'send', send(1)), 'ok', send(1, 0)),
    ],
  ])('changes with %s', (_, change) => {
    expect(run(change)).not.toBe(run(nothing));
  });

  it('changes with the event count and with the disks', () => {
    expect(run(nothing, 8)).not.toBe(run(nothing));
    expect(run(nothing, 7, [1, 3])).not.toBe(run(nothing));
  });

  it('covers more than its buffer holds', () => {
    const many = (last: number) => (recorder: TrialRecorder) => {
      for (let i = 0; i < 5000; i++) recorder.onProbe(64, 1, 0, i, 0, 0, i === 0 ? last : 0);
    };
    expect(run(many(1))).not.toBe(run(many(2)));
  });
});
