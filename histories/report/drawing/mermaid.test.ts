import { expect, it } from 'vitest';
import { storyOf } from '../story.js';
import { cutOffLeader } from '../testing/scenarios.js';
import { Names } from '../words.js';
import { mermaidOf } from './mermaid.js';

it('writes a story as a sequence diagram: messages as arrows, the rest as notes where it happened', () => {
  const { history, trace, judged } = cutOffLeader();
  const text = mermaidOf(storyOf(history, trace, judged), new Names(trace.header), [5, 1, 2, 3, 4]);
  expect(text.split('\n').slice(0, 11)).toEqual([
    'sequenceDiagram',
    '  participant p0',
    '  participant b1',
    '  participant b2',
    '  participant b3',
    '  participant controller',
    '  Note over controller: 0.002 b1 leads orders-0 in epoch 1, ISR {1,2,3}',
    '  Note over b1: 4.180 fault: b1 is cut off from b2, b3 and the controller, the producer still reaches it',
    '  p0->>b1: 4.206 offset 0 (on b1 only)',
    '  b1->>p0: 4.207 acknowledged (acks=1 asks no follower)',
    '  Note over controller: 12.900 controller fences b1, b2 leads in epoch 2, ISR {2,3} (without the record)',
  ]);
});
