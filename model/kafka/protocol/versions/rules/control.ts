/** Rules of the control planes: the KRaft quorum and its controller; ZooKeeper and its controller (replication.md §8, §9). */
import { choice, toggle } from '../rule.js';

export const kraftRules = {
  checkQuorum: toggle(
    'A leader of the quorum resigns when no majority has fetched from it for one and a half fetch time-outs.',
    'KAFKA-15489 (3.7); LeaderState.timeUntilCheckQuorumExpires',
    'kraft',
  ),

  preVote: toggle(
    'A voter asks whether it would be elected before it begins a new epoch.',
    'KIP-996, KAFKA-16164 (4.0); ProspectiveState',
    'kraft',
  ),

  periodicBeginQuorumEpoch: toggle(
    'A leader of the quorum announces itself to voters that do not fetch from it, again and again.',
    'KAFKA-16536 (3.9); KafkaRaftClient.maybeSendBeginQuorumEpochRequests',
    'kraft',
  ),

  highWatermarkInQuorumFetch: toggle(
    'A fetch of the metadata log says which high watermark its sender knows; if there is a higher one it is answered at once.',
    'KIP-1166, KAFKA-19223 (4.1); KafkaRaftClient.handleFetchRequest',
    'kraft',
  ),

  voterIdentity: choice(
    'How a voter is known. Every release forms its quorum by id unless told otherwise; directories may be chosen from 3.9 on.',
    'KIP-853 (3.9, kraft.version=1); VoterSet, ReplicaKey',
    {
      id: 'By its id: one that comes back with an empty disk votes as if nothing had happened.',
      'id-and-directory': 'By its id and the id of its log directory: with an empty disk it is an observer.',
    },
    'kraft',
  ),

  uncleanElectionByController: toggle(
    'The controller heeds unclean.leader.election.enable: when a broker changes, and in a look from time to time at partitions without a leader. Without the rule it elects uncleanly only where an administrator asks it to (ElectLeaders).',
    'KAFKA-12670 (3.9); ConfigurationControlManager.uncleanLeaderElectionEnabledForTopic, ReplicationControlManager.maybeElectUncleanLeaders',
    'kraft',
  ),

  wholeTargetInIsr: toggle(
    'A reassignment ends when every replica of its target is in the ISR, not already when those are that it adds.',
    'KAFKA-15665 (3.8); PartitionReassignmentReplicas.maybeCompleteReassignment',
    'kraft',
  ),

  brokerSession: choice(
    'How long the id of a broker is taken: meanwhile another incarnation of it is refused.',
    'KAFKA-17793 (4.0), KAFKA-19130 (4.1); BrokerHeartbeatManager.hasValidSession, ClusterControlManager.activate',
    {
      unfenced: 'While it is heard and unfenced: a broker that has stopped in order may return at once.',
      heard: 'While it is heard, be it fenced or not. A controller that takes over grants every broker a session.',
      'heard-if-unfenced-at-takeover':
        'While it is heard, be it fenced or not. A controller that takes over grants a session to the unfenced.',
    },
    'kraft',
  ),
};

export const administrationRules = {
  partitionReassignments: toggle(
    'Replicas are moved by a request to the controller, which can also take a move back.',
    'KIP-455 (2.4); AlterPartitionReassignments',
  ),

  replicaDirectories: toggle(
    'The controller knows in which log directory each replica lies, and looks for another leader where one fails.',
    'KIP-858 (3.7); AssignReplicasToDirs, ReplicationControlManager.handleDirectoriesOffline',
    'kraft',
  ),

  directoryAssignmentBatching: choice(
    'How long a broker gathers before it tells the controller in which log directories its replicas lie.',
    'KAFKA-17190 (3.9); AssignmentsManager, AssignmentsManagerDeadlineFunction',
    {
      'until-quiet': 'Until none has come for 500 ms.',
      'at-most-100-ms': '100 ms after the first.',
    },
    'kraft',
  ),
};

export const zooKeeperRules = {
  controllerStopsWithSession: toggle(
    'What a controller has begun ends with its session, and what is queued is dropped, before the next session begins.',
    'KAFKA-5642 (1.1); KafkaController, StateChangeHandler.beforeInitializingSession',
    'zookeeper',
  ),

  controllerEpochInWrites: toggle(
    'Each write of the controller to ZooKeeper also checks that its controller epoch is still the current one, its own election included.',
    'KAFKA-6082 (2.1); KafkaZkClient.retryRequestsUntilConnected with expectedControllerEpochZkVersion',
    'zookeeper',
  ),

  uncleanElectionWhenEnabled: toggle(
    'A controller that hears that unclean.leader.election.enable was turned on for a topic elects at once for its partitions without a leader, not only when a broker changes.',
    'KAFKA-6835 (2.1); KafkaController.processTopicUncleanLeaderElectionEnable',
    'zookeeper',
  ),

  brokerEpochInControlRequests: toggle(
    'Requests between controller and brokers carry the broker epoch: those meant for an earlier incarnation are refused, and a restart is noticed.',
    'KIP-380, KAFKA-7235 (2.2); KafkaApis.isBrokerEpochStale',
    'zookeeper',
  ),

  leaderEpochInStopReplica: toggle(
    'StopReplica carries leader epochs, and a late one is ignored.',
    'KIP-570, KAFKA-9539 (2.6); ReplicaManager.stopReplicas',
    'zookeeper',
  ),

  isrChangeNotification: toggle(
    'A leader that has changed the ISR in ZooKeeper tells the controller, which tells the brokers.',
    'KAFKA-1367 (0.9); /isr_change_notification',
    'zookeeper',
  ),

  reclaimsBrokerNode: toggle(
    'A broker whose own node from an earlier session is still in ZooKeeper replaces it, and does not fail to register.',
    'KAFKA-7165 (2.2); KafkaZkClient.CheckedEphemeral',
    'zookeeper',
  ),
};
