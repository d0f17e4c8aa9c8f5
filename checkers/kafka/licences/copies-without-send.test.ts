import { describe, expect, it } from 'vitest';
import { finalRead, send, type OperationBuilder } from '../../../histories/builders.js';
import { KafkaError } from '../../../model/kafka/protocol/errors.js';
import { judged } from '../testing/judged.js';
import { TraceScript } from '../testing/script.js';

const PRODUCER_ID = 70;
const CLIENT = 9;
/** The application's second send of the record, in microseconds; the first is at the beginning. */
const SECOND = 500_000;

/** b1 leads, and an idempotent producer p0, behind machine 9, has an application that sends again. */
function leading(): TraceScript {
  const script = new TraceScript({ settings: { acks: 'all' }, resend: true });
  const machines = Array.from({ length: CLIENT + 1 }, (_, id) => ({
    name: id === CLIENT ? 'p0' : `b${id}`,
    roles: [],
  }));
  script.trace.header = { ...script.trace.header, machines };
  return script.at(10_000).lead(1, [1, 2, 3]);
}

/** The producer writes the batch to a socket. */
const sent = (script: TraceScript, broker: number, baseSequence: number, value = 7) =>
  script.emit('batch-sent', CLIENT, 0, broker, value, baseSequence, 1);

/** The leader appends the batch. */
function taken(script: TraceScript, broker: number, baseSequence: number, value = 7): TraceScript {
  const offset = script.logs[broker]!.length;
  return script.append(broker, value).emit('batch-appended', broker, 0, offset, offset, PRODUCER_ID, baseSequence);
}

const sentAndTaken = (script: TraceScript, broker: number, baseSequence: number) =>
  taken(sent(script, broker, baseSequence), broker, baseSequence);

/** b1 appends the record, is deposed before anybody copies it, and cuts it off; the producer tries b2, which appends it. */
function triedElsewhere(script: TraceScript): TraceScript {
  sentAndTaken(script, 1, 0).retryBatch(7).lead(2, [2, 3]).truncate(1, script.logs[2]!.length);
  return sentAndTaken(script, 2, 0);
}

const once = send('orders-0', 7).info().to(400_000);
const again = send('orders-0', 7).from(SECOND).info().to(900_000);
const stands = (...offsets: readonly number[]) =>
  finalRead('orders-0', 1, ...offsets.map((offset): [number, number] => [offset, 7]));

const of = (script: TraceScript, ...operations: readonly OperationBuilder[]) => judged(script, operations, 'duplicate');

describe('a record that an idempotent producer was given twice may stand twice', () => {
  it('besides the copy of a deposed leader, which nobody else holds: the next leader takes the batch as new', () => {
    const script = sentAndTaken(triedElsewhere(leading()).at(SECOND), 2, 1);
    expect(of(script, once, again, stands(0, 1))).toEqual(['resend']);
  });

  it('wherever the deposed leader had it in its log', () => {
    const script = leading().append(1, 1, 2, 3);
    sentAndTaken(triedElsewhere(script).at(SECOND), 2, 1);
    expect(of(script, once, again, stands(0, 1))).toEqual(['resend']);
  });

  it('and that copy may be of the second send', () => {
    const script = sentAndTaken(leading(), 1, 0).replicate(1, 2, 3).at(SECOND);
    sentAndTaken(script, 1, 1).lead(2, [2, 3]).truncate(1, 1);
    expect(of(sentAndTaken(script, 2, 1), once, again, stands(0, 1))).toEqual(['resend']);
  });

  it('in batches that look the same, if each had gone out before its copy', () => {
    const script = sentAndTaken(leading(), 1, 0).at(SECOND);
    expect(of(sentAndTaken(script, 1, 0), once, again, stands(0, 1))).toEqual(['resend']);
    const early = taken(sentAndTaken(leading(), 1, 0), 1, 0).at(SECOND);
    expect(of(sent(early, 1, 0), once, again, stands(0, 1))).toEqual(['bug']);
  });

  it('if the batch of the first send comes late, after that of the second', () => {
    const script = sentAndTaken(sent(leading(), 1, 0).at(SECOND), 1, 1);
    expect(of(taken(script, 1, 0), once, again, stands(0, 1))).toEqual(['resend']);
  });
});

describe('it may not', () => {
  it('be there twice by one send, whatever a deposed leader had of it', () => {
    const script = taken(triedElsewhere(leading()), 2, 0);
    expect(of(script, once, stands(0, 1))).toEqual(['bug']);
    expect(of(script, once, again, stands(0, 1))).toEqual(['bug']);
  });

  it('be there twice by the batch of one send while that of the other was appended nowhere', () => {
    const script = taken(sentAndTaken(leading(), 1, 0), 1, 0).at(SECOND);
    expect(of(sent(script, 1, 1), once, again, stands(0, 1))).toEqual(['bug']);
  });

  it('be there by a batch that went out to another leader alone', () => {
    const script = sentAndTaken(leading(), 1, 0).replicate(1, 2, 3).lead(2, [2, 3]).at(SECOND);
    expect(of(taken(sent(script, 1, 1), 2, 1), once, again, stands(0, 1))).toEqual(['bug']);
  });

  it('be read from a deposed leader too', () => {
    const script = leading().append(1, 1, 2, 3);
    expect(of(triedElsewhere(script), once, stands(0, 3))).toEqual(['bug']);
  });

  it('be there three times by two sends, unless a leader had forgotten the producer', () => {
    const thrice = (between: (script: TraceScript) => void) => {
      const script = sentAndTaken(triedElsewhere(leading()).at(SECOND), 2, 1);
      between(script);
      return of(taken(script, 2, 1), once, again, stands(0, 1, 2));
    };
    expect(thrice(() => undefined)).toEqual(['bug']);
    const forgets = (script: TraceScript) =>
      script
        .emit('producer-window', 2, 0, PRODUCER_ID, 0, 1, 0)
        .emit('refused', 2, 0, KafkaError.OUT_OF_ORDER_SEQUENCE_NUMBER, CLIENT, -1);
    expect(thrice(forgets)).toEqual(['producer-window']);
  });
});
