/** All faults. To add one: a file in `faults/` and a line here. */
import type { Fault } from './fault.js';
import { brokerCutOff } from './faults/broker-cut-off.js';
import { brokerKilled } from './faults/broker-killed.js';
import { brokerPaused } from './faults/broker-paused.js';
import { clientCutOff } from './faults/client-cut-off.js';
import { clientKilled } from './faults/client-killed.js';
import { clientPaused } from './faults/client-paused.js';
import { clockDrift } from './faults/clock-drift.js';
import { clockJump } from './faults/clock-jump.js';
import { connectionReset } from './faults/connection-reset.js';
import { consumerPaused } from './faults/consumer-paused.js';
import { controllerCutOff } from './faults/controller-cut-off.js';
import { controllerKilled } from './faults/controller-killed.js';
import { controllerPaused } from './faults/controller-paused.js';
import { diskCorruption } from './faults/disk-corruption.js';
import { followerCutOff } from './faults/follower-cut-off.js';
import { followerKilled } from './faults/follower-killed.js';
import { leaderCutOff } from './faults/leader-cut-off.js';
import { leaderCutOffFromController } from './faults/leader-cut-off-from-controller.js';
import { leaderCutOffFromFollowers } from './faults/leader-cut-off-from-followers.js';
import { leaderKilled } from './faults/leader-killed.js';
import { leaderPaused } from './faults/leader-paused.js';
import { lastReplicaPowerLoss } from './faults/last-replica-power-loss.js';
import { leaderPowerLoss } from './faults/leader-power-loss.js';
import { logDirFails } from './faults/log-dir-fails.js';
import { oneWayCut } from './faults/one-way-cut.js';
import { partitionReassigned } from './faults/partition-reassigned.js';
import { partitionsAdded } from './faults/partitions-added.js';
import { powerLoss } from './faults/power-loss.js';
import { rackPowerLoss } from './faults/rack-power-loss.js';
import { requestDelayed } from './faults/request-delayed.js';
import { responseLost } from './faults/response-lost.js';
import { rollingRestart } from './faults/rolling-restart.js';
import { rollingUpgrade } from './faults/rolling-upgrade.js';
import { segmentCorrupted } from './faults/segment-corrupted.js';
import { settingsAltered } from './faults/settings-altered.js';
import { slowDisk } from './faults/slow-disk.js';
import { slowNetwork } from './faults/slow-network.js';
import { splitInHalf } from './faults/split-in-half.js';
import { voterRemoved } from './faults/voter-removed.js';
import { zookeeperCutOff } from './faults/zookeeper-cut-off.js';
import { zookeeperLeaderKilled } from './faults/zookeeper-leader-killed.js';
import { zookeeperServerKilled } from './faults/zookeeper-server-killed.js';

/** In the order in which they are listed to people. */
export const faults: readonly Fault[] = [
  leaderCutOff,
  leaderCutOffFromFollowers,
  leaderCutOffFromController,
  followerCutOff,
  brokerCutOff,
  controllerCutOff,
  zookeeperCutOff,
  clientCutOff,
  splitInHalf,
  oneWayCut,
  slowNetwork,
  connectionReset,
  responseLost,
  requestDelayed,
  leaderKilled,
  followerKilled,
  brokerKilled,
  controllerKilled,
  zookeeperServerKilled,
  zookeeperLeaderKilled,
  clientKilled,
  leaderPaused,
  brokerPaused,
  controllerPaused,
  clientPaused,
  consumerPaused,
  rollingRestart,
  rollingUpgrade,
  partitionReassigned,
  partitionsAdded,
  settingsAltered,
  voterRemoved,
  powerLoss,
  leaderPowerLoss,
  lastReplicaPowerLoss,
  rackPowerLoss,
  slowDisk,
  logDirFails,
  diskCorruption,
  segmentCorrupted,
  clockJump,
  clockDrift,
];

const byName: ReadonlyMap<string, Fault> = new Map(faults.map((fault) => [fault.name, fault]));

/** Throws if there is none of this name: names in plans and specs were checked before. */
export function faultNamed(name: string): Fault {
  const fault = byName.get(name);
  if (fault === undefined) throw new Error(`unknown fault ${name}`);
  return fault;
}
