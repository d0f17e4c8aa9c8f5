import { expect, it } from 'vitest';
import { shrunkWords } from './shrunk-words.js';

it('says faults and sends, before and after', () => {
  const words = shrunkWords({ faults: 9, sends: 2000 }, { faults: 1, sends: 1 }, 57);
  expect(words).toBe('shrunk from 9 faults and 2,000 sends to 1 fault and 1 send (57 attempts)');
});

it('says nothing of faults where there were none', () => {
  const words = shrunkWords({ faults: 0, sends: 300 }, { faults: 0, sends: 2 }, 35);
  expect(words).toBe('shrunk from 300 sends to 2 sends (35 attempts)');
});
