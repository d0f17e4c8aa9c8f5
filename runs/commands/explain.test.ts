import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gaps, guarantees, informational, invariants, licenceWords, requirements } from '../../checkers/kafka/api.js';
import { historyOf } from '../../histories/builders.js';
import { anomalies } from '../anomaly-words.js';
import { Workplace } from '../testing/command-line.js';
import { knownEntries } from '../../model/kafka/protocol/versions/known-bugs.js';
import { streamsSettings } from '../spec/streams-rules.js';

let place: Workplace;
beforeEach(() => (place = new Workplace()));
afterEach(() => place.remove());

describe('harrow explain', () => {
  const settings = {
    acks: 'all',
    'p1:acks': 1,
    'p2:acks': 0,
    'transactional.id': 't',
    'isolation.level': 'read_committed',
    'group.id': 'g',
    commit: 'after-processing',
  };
  const { header } = historyOf([], { settings });

  it.each<[string, readonly string[]]>([
    ['anomalies that it finds', anomalies.map(({ name }) => name)],
    ['requirements, and what they forbid', requirements.flatMap(({ name, forbids }) => [name, ...forbids])],
    ['guarantees, and what they exclude', guarantees.flatMap((one) => [one.id, ...one.covers(header)])],
    ['what settings leave open', gaps.map(({ id }) => id)],
    ['invariants', invariants.map(({ id }) => id)],
    ['licences', [...licenceWords.keys()]],
    ['known bugs of a verdict', [...knownEntries()]],
    ['settings of Kafka Streams', streamsSettings],
    ['keys of a spec', ['late-requests', 'fencing', 'commit', 'streams', 'workload', 'expect-situations']],
    ['informational checks', [...informational.map(({ name }) => name), 'realtime-lag', 'max-lag']],
    ['anomalies that are found as breaches of invariants', ['position-past-LSO', 'stale-metadata-write']],
    [
      'words of results',
      ['UNSAFE', 'KAFKA BUG', 'ISR', 'elr', 'high watermark', 'epoch', 'licence', 'situation', 'digest'],
    ],
    ['verdicts', ['clean', 'unsafe', 'bug', 'undecided', 'allowed']],
  ])('knows every one of the %s', async (_, words) => {
    expect(words.length).toBeGreaterThan(0);
    const unknown: string[] = [];
    for (const word of new Set(words)) if ((await place.run('explain', word)).exit !== 0) unknown.push(word);
    expect(unknown).toEqual([]);
  });

  it('has a nearest word for one that it does not know', async () => {
    const { exit, err } = await place.run('explain', 'poll-skp');
    expect(exit).toBe(64);
    expect(err).toContain('did you mean poll-skip?');
  });
});
