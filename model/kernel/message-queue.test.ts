import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MessageQueue } from './message-queue.js';
import { message } from './testing/stage.js';

describe('a message queue', () => {
  it('gives back what was put in, in order, however it grows, wraps and is cleared', () => {
    const anyCommand = fc.oneof(
      { weight: 8, arbitrary: fc.constant('push') },
      { weight: 7, arbitrary: fc.constant('shift') },
      { weight: 1, arbitrary: fc.constantFrom('clear', 'drain') },
    );
    fc.assert(
      fc.property(fc.array(anyCommand, { maxLength: 200, size: 'max' }), (commands) => {
        const queue = new MessageQueue();
        let expected: number[] = [];
        commands.forEach((command, index) => {
          if (command === 'push') {
            queue.push(message(index));
            expected.push(index);
          } else if (command === 'drain') {
            expect(queue.drain().map(({ kind }) => kind)).toEqual(expected);
            expected = [];
          } else if (command === 'clear') {
            queue.clear();
            expected = [];
          } else if (expected.length > 0) {
            expect(queue.first.kind).toBe(expected[0]);
            expect(queue.shift().kind).toBe(expected.shift());
          }
          expect(queue.length).toBe(expected.length);
        });
      }),
    );
  });
});
