/** Time-outs in force, and how long a healed cluster may take to make progress given them. */
import type { KafkaClusterSpec } from './cluster-spec.js';
import { memberSession } from './member-session.js';

/** By name, in microseconds: those that faults can trip. */
export function timeouts(spec: KafkaClusterSpec): ReadonlyMap<string, number> {
  return new Map([
    ['broker-session', sessionMs(spec) * 1000],
    ['replica-lag', spec.brokerSettings['replica.lag.time.max.ms'] * 1000],
    ['request', longest(spec, 'request.timeout.ms') * 1000],
    ['delivery', longest(spec, 'delivery.timeout.ms') * 1000],
    ...groupTimeouts(spec),
  ]);
}

/** Of the first member of a group; none where there is none. */
function groupTimeouts({ consumers }: KafkaClusterSpec): readonly (readonly [string, number])[] {
  const member = consumers.find((consumer) => consumer.member !== undefined)?.member;
  return member === undefined ? [] : [['group-session', member.settings['session.timeout.ms'] * 1000]];
}

/** A broker's own setup time-out of a connection, socket.connection.setup.timeout.max.ms with its jitter of 20 %. */
const BROKER_SETUP_MS = 36_000;
/** Looking servers tell their votes again after a minute at most; then election, epochs and history take ten ticks each. */
const ENSEMBLE_MS = 100_000;
/** Time to load and recover logs, to fetch what was missed, and for the network and the disks themselves. */
const SLACK_MS = 10_000;

/**
 * Upper bound on the time from the heal until every producer's new send to every partition is acknowledged and read. Each
 * part may have to run out in full before the next begins:
 *
 * - the controllers elect: fetches run out, votes are split a few times, and the brokers learn who won;
 * - connections that were stalled or being set up at the heal are given up and made anew;
 * - the session of a dead broker ends, that of one which had just been heard too; a restarted controller grants another;
 *   the registration that was refused in between is tried again after as long as a session at most;
 * - the leader drops who does not fetch: 1.5 × replica.lag.time.max.ms, and learns of it by AlterPartition;
 * - a send that met the last of the outage runs out, and the next one is tried within its own delivery.timeout.ms;
 * - groups: see groupMs.
 */
export function livenessBoundMicros(spec: KafkaClusterSpec): number {
  const session = sessionMs(spec);
  const lag = spec.brokerSettings['replica.lag.time.max.ms'];
  const socket = spec.brokerSettings['replica.socket.timeout.ms'];
  const backoff = spec.brokerSettings['replica.fetch.backoff.ms'];
  const request = longest(spec, 'request.timeout.ms');
  const setup = Math.max(BROKER_SETUP_MS, longest(spec, 'socket.connection.setup.timeout.max.ms') * 1.2);
  const delivery = longest(spec, 'delivery.timeout.ms');
  const boundMs =
    controlMs(spec) +
    2 * setup +
    3 * session +
    1.5 * lag +
    socket +
    backoff +
    2 * request +
    2 * delivery +
    groupMs(spec) +
    SLACK_MS;
  return Math.ceil(boundMs) * 1000;
}

/**
 * Until a group is stable again, and has read what is new: the sessions of those that are gone run out, and of the joins
 * that this or a late request breaks off; a rebalance waits for who is busy for max.poll.interval.ms, and so does the next
 * that was called for meanwhile; what was being processed or committed is finished first.
 */
function groupMs(spec: KafkaClusterSpec): number {
  let longestMs = 0;
  for (const { member } of spec.consumers) {
    if (member === undefined) continue;
    const { settings } = member;
    const rebalances = 2 * memberSession(spec, settings).millis + 3 * settings['max.poll.interval.ms'];
    longestMs = Math.max(longestMs, rebalances + settings['default.api.timeout.ms']);
  }
  return longestMs;
}

/** Until ZooKeeper drops a broker that it does not hear, or a controller does. */
function sessionMs({ control, brokerSettings }: KafkaClusterSpec): number {
  return control === 'zookeeper'
    ? brokerSettings['zookeeper.session.timeout.ms']
    : brokerSettings['broker.session.timeout.ms'];
}

/** What it may take until somebody decides again. */
function controlMs(spec: KafkaClusterSpec): number {
  return spec.control === 'zookeeper' ? ENSEMBLE_MS : electionMs(spec);
}

/** Rounds of an election that may be lost before one is won. */
const LOST_ELECTIONS = 10;

/** What it may take a quorum of several to have a leader again. */
function electionMs({ controllers, brokerSettings }: KafkaClusterSpec): number {
  if (controllers === 1) return 0;
  const round =
    2 * brokerSettings['controller.quorum.election.timeout.ms'] +
    brokerSettings['controller.quorum.election.backoff.max.ms'];
  const silence = brokerSettings['controller.quorum.fetch.timeout.ms'];
  const request = brokerSettings['controller.quorum.request.timeout.ms'];
  return 2 * silence + 2 * request + LOST_ELECTIONS * round;
}

type ClientSetting = 'request.timeout.ms' | 'delivery.timeout.ms' | 'socket.connection.setup.timeout.max.ms';

/** The longest of all producers and, where they have it, consumers. */
function longest(spec: KafkaClusterSpec, name: ClientSetting): number {
  let max = 0;
  for (const { settings } of spec.producers) max = Math.max(max, settings[name]);
  if (name === 'delivery.timeout.ms') return max;
  for (const { settings } of spec.consumers) max = Math.max(max, settings[name]);
  return max;
}
