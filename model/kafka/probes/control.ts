/** Probes: what controllers announce, the metadata quorum and ZooKeeper (control/). */
import { SYSTEM_PROBES, type ProbeSpec } from '../../kernel/probes.js';
import { probe } from './probe.js';

export const ControlProbe = {
  controllerReady: SYSTEM_PROBES + 21,
  brokerRegistered: SYSTEM_PROBES + 15,
  registrationRefused: SYSTEM_PROBES + 29,
  brokerFenced: SYSTEM_PROBES + 16,
  brokerUnfenced: SYSTEM_PROBES + 17,
  partitionChanged: SYSTEM_PROBES + 18,
  elected: SYSTEM_PROBES + 19,
  elrChanged: SYSTEM_PROBES + 48,
  alterPartitionRefused: SYSTEM_PROBES + 20,
  assignmentChanged: SYSTEM_PROBES + 55,
  topicSettingsAltered: SYSTEM_PROBES + 56,
  quorumLeader: SYSTEM_PROBES + 40,
  quorumResigned: SYSTEM_PROBES + 41,
  quorumVoters: SYSTEM_PROBES + 42,
  uncommittedReverted: SYSTEM_PROBES + 43,
  metadataSnapshotLoaded: SYSTEM_PROBES + 44,
  metadataLost: SYSTEM_PROBES + 45,
  ensembleLed: SYSTEM_PROBES + 50,
  controllerElected: SYSTEM_PROBES + 51,
  controllerResigned: SYSTEM_PROBES + 53,
  staleControllerWrote: SYSTEM_PROBES + 54,
  sessionExpired: SYSTEM_PROBES + 52,
  releaseStarted: SYSTEM_PROBES + 90,
  featureLevelRaised: SYSTEM_PROBES + 91,
} as const;

export const ElectionReason = {
  clean: 0,
  unclean: 1,
  preferred: 2,
  none: 3,
  transferred: 4,
  /** From the eligible leader replicas (KIP-966). */
  eligible: 5,
  /** The ISR was empty and nobody eligible: whoever led last. Unclean, whatever unclean.leader.election.enable says. */
  lastKnownLeader: 6,
} as const;

export const controlProbes: readonly ProbeSpec[] = [
  probe(
    ControlProbe.controllerReady,
    'controller-ready',
    ['offset', 'epoch'],
    'A controller recovered its log and began to act; under ZooKeeper (offset -1) a broker became the controller and read the state of the cluster.',
  ),
  probe(
    ControlProbe.brokerRegistered,
    'broker-registered',
    ['broker', 'brokerEpoch', 'incarnation'],
    'The controller committed a registration. ClusterControlManager',
  ),
  probe(
    ControlProbe.registrationRefused,
    'registration-refused',
    ['broker', 'error'],
    "The controller refused a registration: the session of the broker's former life is still valid. ClusterControlManager.registerBroker",
  ),
  probe(
    ControlProbe.brokerFenced,
    'broker-fenced',
    ['broker', 'brokerEpoch'],
    'The controller committed a fencing: no heartbeat within broker.session.timeout.ms. BrokerHeartbeatManager',
  ),
  probe(
    ControlProbe.brokerUnfenced,
    'broker-unfenced',
    ['broker', 'brokerEpoch'],
    'The controller committed an unfencing.',
  ),
  probe(
    ControlProbe.partitionChanged,
    'partition-changed',
    ['leader', 'leaderEpoch', 'isr', 'partitionEpoch'],
    'The controller committed a state of the partition (leader -1: none). PartitionChangeBuilder',
  ),
  probe(
    ControlProbe.elected,
    'elected',
    ['leader', 'leaderEpoch', 'oldLeader', 'reason'],
    'The controller elected: clean 0, unclean 1, preferred 2, nobody 3, transferred for the final read 4, eligible 5, last known leader 6.',
  ),
  probe(
    ControlProbe.elrChanged,
    'elr-changed',
    ['elr', 'lastKnownLeader', 'partitionEpoch'],
    'The controller committed other eligible leader replicas, or another last known leader (-1: none). PartitionChangeBuilder',
  ),
  probe(
    ControlProbe.alterPartitionRefused,
    'alter-partition-refused',
    ['broker', 'error', 'partitionEpoch'],
    'The controller refused an ISR change. ReplicationControlManager.validateAlterPartitionData',
  ),
  probe(
    ControlProbe.assignmentChanged,
    'assignment-changed',
    ['replicas', 'adding', 'removing', 'partitionEpoch'],
    'The controller committed another assignment of the partition: sets of brokers; those that a reassignment under way adds and removes are replicas meanwhile. KIP-455',
  ),
  probe(
    ControlProbe.topicSettingsAltered,
    'topic-settings-altered',
    ['minInsyncReplicas', 'uncleanElections'],
    'The settings of the topic that were committed for the partition from here on, one of them another: an administrator asked for it. IncrementalAlterConfigs, KIP-339',
  ),
  probe(
    ControlProbe.quorumLeader,
    'quorum-leader',
    ['epoch', 'startOffset'],
    'A controller was elected leader of the metadata quorum; it acts once a record of its epoch is committed. KafkaRaftClient.onBecomeLeader',
  ),
  probe(
    ControlProbe.quorumResigned,
    'quorum-resigned',
    ['epoch'],
    'A leader of the quorum gave up: a majority did not fetch from it for 1.5 × controller.quorum.fetch.timeout.ms. KafkaRaftClient.pollLeader',
  ),
  probe(
    ControlProbe.quorumVoters,
    'quorum-voters',
    ['epoch', 'voters'],
    'A change of the voters was committed; so many they are now. KIP-853',
  ),
  probe(
    ControlProbe.uncommittedReverted,
    'uncommitted-reverted',
    ['records', 'epoch'],
    'A controller lost the leadership and took back what it had decided and nobody had committed. QuorumController.renounce',
  ),
  probe(
    ControlProbe.metadataSnapshotLoaded,
    'metadata-snapshot-loaded',
    ['endOffset'],
    'A controller or a broker took the state from a snapshot of the metadata. KIP-630',
  ),
  probe(
    ControlProbe.metadataLost,
    'metadata-lost',
    ['offset', 'end'],
    'A controller committed a record at an offset at which another had been committed: the quorum lost what it had decided.',
  ),
  probe(
    ControlProbe.ensembleLed,
    'ensemble-led',
    ['epoch'],
    'A majority of the ZooKeeper servers follows this one. Leader.lead',
  ),
  probe(
    ControlProbe.controllerElected,
    'controller-elected',
    ['broker'],
    'A broker made /controller: it is to be the controller, and reads the state of the cluster next. KafkaController.elect',
  ),
  probe(
    ControlProbe.controllerResigned,
    'controller-resigned',
    ['epoch'],
    'A broker that was the controller heard that it no longer is, and stopped. KafkaController.onControllerResignation',
  ),
  probe(
    ControlProbe.staleControllerWrote,
    'stale-controller-wrote',
    ['controllerEpoch', 'current', 'leader', 'leaderEpoch'],
    "A former controller changed a partition's state after another had been elected (KAFKA-6082).",
  ),
  probe(
    ControlProbe.sessionExpired,
    'session-expired',
    ['session'],
    'ZooKeeper ended a session: its client was not heard for the time-out. The client does not know yet. SessionTrackerImpl',
  ),
  probe(
    ControlProbe.releaseStarted,
    'release-started',
    ['release', 'agreed'],
    'A broker or a controller of a cluster with several releases starts: what it runs, and what it was told is agreed on, as rows of the table of versions, counted from 0.',
  ),
  probe(
    ControlProbe.featureLevelRaised,
    'feature-level-raised',
    ['feature', 'level'],
    'The controller committed another level of metadata.version (feature 0) or of eligible.leader.replicas.version (1). FeatureControlManager.updateFeatures',
  ),
];
