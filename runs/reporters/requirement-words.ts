/** Requirements in the words of results. */
import { guarantees } from '../../checkers/kafka/api.js';
import { anomalyWords } from '../anomaly-words.js';

export interface RequirementWords {
  /** In a clean verdict: "no lost write". */
  readonly kept: string;
  /** "283 of 1000 trials …": "lost acknowledged writes". */
  broke(trials: number): string;
  /** "2 ways to lose them" */
  ways(count: number): string;
}

const words: Readonly<Record<string, RequirementWords>> = {
  'no-lost-writes': { kept: 'no lost write', broke: did('lost acknowledged writes'), ways: waysTo('lose them') },
  'key-order': { kept: 'no reordering', broke: did('wrote records out of order'), ways: waysTo('change the order') },
  'no-duplicates': { kept: 'no duplicate', broke: did('wrote records twice'), ways: waysTo('write them twice') },
  'poll-order': { kept: 'no read out of order', broke: did('read out of order'), ways: waysTo('read out of order') },
  'exactly-once': {
    kept: 'exactly once',
    broke: wereNot('exactly once'),
    ways: waysTo('break it'),
  },
  'processed-at-least-once': { kept: 'no record skipped', broke: did('skipped records'), ways: waysTo('skip them') },
  'processed-at-most-once': {
    kept: 'no record processed twice',
    broke: did('processed records twice'),
    ways: waysTo('process them twice'),
  },
  'processed-in-order': {
    kept: 'no key processed out of order',
    broke: did('processed records of a key out of order'),
    ways: waysTo('process them out of order'),
  },
  'writable-again': {
    kept: 'writable again after every heal',
    broke: wereNot('writable again after the heal'),
    ways: waysTo('stay stuck'),
  },
};

const promised: ReadonlySet<string> = new Set(guarantees.map(({ id }) => id));

/** For a requirement, or for the guarantee or invariant that stands in its place in a bug. */
export function requirementWords(name: string): RequirementWords {
  const broke = promised.has(name) ? `broke ${name}` : anomalyWords(name).did;
  return words[name] ?? { kept: `no ${name}`, broke: did(broke), ways: waysTo('break it') };
}

function did(what: string): () => string {
  return () => what;
}

function wereNot(what: string): (trials: number) => string {
  return (trials) => `${trials === 1 ? 'was' : 'were'} not ${what}`;
}

function waysTo(what: string): (count: number) => string {
  return (count) => (count === 1 ? `1 way to ${what}` : `${count} ways to ${what}`);
}
