/** The log directories of brokers (log.dirs): each is a disk of its own. */
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';
import type { Draft } from './draft.js';
import type { Problems } from './problems.js';
import type { GivenSettings } from './spec.js';

/** LogManager keeps no count; the model numbers their ids. */
const MOST_LOG_DIRS = 32;

/** Their paths; none: not said. */
export function logDirsOf(broker: GivenSettings): readonly string[] {
  const given = broker['log.dirs'];
  return given === undefined ? [] : pathsIn(String(given.value));
}

/** Before KIP-858 a KRaft broker told nobody of a directory that had failed: JBOD was not supported there. */
export function refuseLogDirs(
  { broker, kafka }: Draft,
  mode: ControlPlane,
  knowsDirectories: boolean,
  problems: Problems,
): void {
  const given = broker.get('log.dirs');
  if (given === undefined) return;
  const { length } = pathsIn(given.text);
  if (length > MOST_LOG_DIRS) {
    problems.error(given.origin, `log.dirs: ${length} directories; at most ${MOST_LOG_DIRS} can be simulated`);
  } else if (length > 1 && mode === 'kraft' && !knowsDirectories) {
    problems.error(
      given.origin,
      `log.dirs: Kafka ${kafka.value} does not support several log directories under KRaft (KIP-858 came with 3.7); one, or ZooKeeper, can be run`,
    );
  }
}

function pathsIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '');
}
