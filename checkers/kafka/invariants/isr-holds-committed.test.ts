import { describe, expect, it } from 'vitest';
import { TraceScript, type ScriptOptions } from '../testing/script.js';

function committed(options?: ScriptOptions): TraceScript {
  return new TraceScript(options).lead(1, [1, 2, 3]).append(1, 7, 8).commit(1, 2, 3);
}
/** b3 lost everything, was fenced for it, and is back but out of the ISR. */
function reborn(): TraceScript {
  const script = committed().losePower(3, 0).fence(3).changeIsr([1, 2]);
  return script.emit('isr-adopted', 1, 0, 0b110, 3, 1).restart(3).unfence(3).apply(3);
}

describe('W6: the ISR holds every committed record', () => {
  it('is broken by a reborn replica that a stale request brings into the ISR (KIP-903)', () => {
    const script = reborn().changeIsr([1, 2, 3]);
    expect(script.breaches()).toMatchObject([{ type: 'W6', offsets: [0], values: [7] }]);
  });

  it('is broken by a member that holds another record at the offset (KIP-101)', () => {
    const script = committed().truncate(3, 1).appendRecord(3, { epoch: 0, value: 9 }, false).changeIsr([1, 2, 3]);
    expect(script.broken()).toContain('W6');
  });

  it('is broken by a member that truncates below what is committed', () => {
    expect(committed().truncate(3, 1).broken()).toEqual(['W6']);
  });

  it('is broken by a broker that is unfenced and still a member after it lost data', () => {
    expect(committed().losePower(3, 0).restart(3).unfence(3).broken()).toEqual(['W6']);
  });

  it('is broken when the high watermark passes a member', () => {
    const script = committed().append(1, 9).replicate(1, 2).fetched(1, 3, 3).highWatermark(1, 3);
    expect(script.broken()).toEqual(['W6']);
  });

  it('is broken by an eligible leader replica that lost data and is unfenced all the same (KIP-966)', () => {
    const script = committed().losePower(3, 0).fence(3).emit('elr-changed', 0, 0, 0b1000, -1).changeIsr([1, 2]);
    expect(script.restart(3).unfence(3).broken()).toEqual(['W6']);
  });

  it('tells a member of the ISR from a replica that is only eligible', () => {
    const story = (script: TraceScript) => script.breaches().find(({ type }) => type === 'W6')?.story;
    const lacks = 'without orders-0@0, value 7, which is committed';
    expect(story(reborn().changeIsr([1, 2, 3]))).toBe(`b3 is in the ISR ${lacks}`);
    const eligible = committed().losePower(3, 0).fence(3).emit('elr-changed', 0, 0, 0b1000, -1).changeIsr([1, 2]);
    expect(story(eligible.restart(3).unfence(3))).toBe(`b3 is eligible to lead ${lacks}`);
  });

  it('holds where bit rot has come upon a record, and recovery has not', () => {
    expect(committed().rot(3, 0, 2).changeIsr([1, 2, 3]).broken()).toEqual([]);
    const recovered = committed().rot(3, 0, 2).kill(3);
    recovered.logs[3] = [];
    expect(recovered.restart(3).unfence(3).broken()).toEqual(['W6']);
  });

  it('holds for a member that has started and not registered yet, and is broken by one that was registered all along', () => {
    const lost = () => committed().losePower(3, 0);
    expect(lost().emit('process-started', 3, -1, 2).emit('log-loaded', 3, 0, 0, 0, 1, 0).broken()).toEqual([]);
    const registered = () => committed().emit('broker-registered', 0, -1, 3, 5, 2).unfence(3);
    // It asks again, and is the same; or it is another, and starts fenced.
    expect(registered().emit('broker-registered', 0, -1, 3, 5, 2).truncate(3, 1).broken()).toEqual(['W6']);
    expect(registered().emit('broker-registered', 0, -1, 3, 6, 3).truncate(3, 1).broken()).toEqual([]);
  });

  it('is broken by a replica that was deleted and is counted all the same', () => {
    const deleted = () => committed().emit('replica-deleted', 3, 0, 2);
    expect(deleted().broken()).toEqual(['W6']);
    const left = () => committed().changeIsr([1, 2]).emit('replica-deleted', 3, 0, 2);
    expect(left().broken()).toEqual([]);
    expect(left().changeIsr([1, 2, 3]).broken()).toEqual(['W6']);
    expect(left().kill(3).changeIsr([1, 2, 3]).broken()).toEqual([]);
    // It begins anew, with nothing.
    expect(left().emit('log-loaded', 3, 0).apply(3).changeIsr([1, 2, 3]).broken()).toEqual(['W6']);
    // What its leader does not hold either, it need not hold.
    expect(left().beginAt(1, 2).changeIsr([1, 2, 3]).broken()).toEqual([]);
    expect(deleted().changeIsr([1, 2, 3]).broken()).toEqual(['W6']);
  });

  it('is broken by a replica that begins anew in another log directory, and is counted all the same', () => {
    const offline = () => committed().emit('log-dir-offline', 3, -1, 0, 1, 1).emit('replica-offline', 3, 0);
    expect(offline().changeIsr([1, 2, 3]).broken()).toEqual([]);
    const anew = offline().emit('data-lost', 3, 0, 0, 2, 1);
    anew.logs[3] = [];
    expect(anew.emit('log-loaded', 3, 0).apply(3).broken()).toEqual(['W6']);
  });

  it('looks at the partitions that there are', () => {
    expect(committed().emit('log-start', 1, 2, 0).unfence(3).broken()).toEqual([]);
  });

  it('holds when the reborn replica has caught up before it comes in', () => {
    expect(reborn().replicate(1, 3).changeIsr([1, 2, 3]).broken()).toEqual([]);
  });

  it('holds while a member that lost data is down, or not yet unfenced', () => {
    expect(committed().losePower(3, 0).broken()).toEqual([]);
    expect(committed().losePower(3, 0).restart(3).broken()).toEqual([]);
  });

  it('holds for the last member, frozen in the ISR, until it leads: then W1 speaks', () => {
    const script = committed().changeIsr([1, 2]).changeIsr([1]).kill(2).kill(3).losePower(1, 0);
    script.elect(-1, [1], 'none').restart(1).unfence(1);
    expect(script.broken()).toEqual([]);
    expect(script.lead(1, [1]).broken()).toEqual(['W1']);
  });

  it('holds when a member has more than is committed', () => {
    expect(committed().append(1, 9).replicate(1, 2).broken()).toEqual([]);
  });

  it('holds for a member that ZooKeeper is about to remove after a reassignment, whom its leader waits for no more', () => {
    const script = reassigned(committed({ control: 'zookeeper' }))
      .append(1, 9)
      .replicate(1, 2);
    expect(script.fetched(1, 2, 3).highWatermark(1, 3).broken()).toEqual([]);
    expect(script.kill(1).kill(2).lead(3, [3]).broken()).toContain('W1');
  });

  it('is broken by such a member under KRaft, which takes it out of the ISR in the record that ends the reassignment', () => {
    const script = reassigned(committed()).append(1, 9).replicate(1, 2).fetched(1, 3, 2).highWatermark(1, 3);
    expect(script.broken()).toEqual(['W4', 'W6']);
    expect(script.acknowledge(1, 2).broken()).toEqual(['W2', 'W4', 'W6']);
  });

  it('is broken by such a member while the target is not in the ISR: its leader waits for it as for any other', () => {
    const script = reassigned(committed({ control: 'zookeeper' }).changeIsr([1, 3]));
    expect(script.truncate(3, 1).broken()).toContain('W6');
  });
});

/** b3 is to go: the target is b1 and b2. */
function reassigned(script: TraceScript): TraceScript {
  return script.emit('assignment-changed', 0, 0, 0b1110, 0, 0b1000, 1);
}
