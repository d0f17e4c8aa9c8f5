/** Released bugs of the control planes, and of the quorum under KRaft (known-bugs.md §5, §6). */
import { defect } from '../defect.js';

export const controlDefects = {
  B29: defect('B29', 'control', '0.8.0..0.8.2', 'A leader writes the ISR into ZooKeeper whatever the version there is, and so shrinks it to itself although it was deposed.', { control: 'zookeeper' }),
  'KAFKA-1483': defect('B30', 'control', '0.8.0..0.8.2', 'A broker takes up and gives up leadership in several steps, and may count as leader and follower at once.', { control: 'zookeeper' }),
  'KAFKA-2729': defect('B28', 'control', '0.8.0..1.1.0', 'A leader whose write to ZooKeeper meets another version keeps its old view for ever: its ISR cannot shrink.', { control: 'zookeeper' }),
  'KAFKA-14154': defect('B37', 'control', '2.7.0..3.3.0', 'A controller that lags behind the leader answers its request for another ISR as if it knew better.', { modelled: true }),
  'KAFKA-16952': defect(null, 'control', '2.8.0..3.9.0', 'A registration that is repeated by the same life of a broker gives it another epoch: if the broker has its answer already, it is a stranger to the controller until it is restarted.', { modelled: true, control: 'kraft' }),
  'KAFKA-18106': defect(null, 'control', '3.3.0..4.0.0', 'A broker that registers anew while it is not fenced keeps its place in every ISR, and its leaderships.', { modelled: true, control: 'kraft' }),
  'KAFKA-18635': defect(null, 'control', '', 'Every restart counts as unclean: the broker epoch of the last clean shutdown is not compared.', { modelled: true, control: 'kraft' }),
  'KAFKA-19522': defect(null, 'control', '4.0.0..4.0.1,4.1.0', 'The last known leader is elected without a look whether it is alive.', { modelled: true, control: 'kraft' }),
  B82: defect('B82', 'control', '2.8.0..', 'A broker that has registered and is still fenced (from 4.0 on: that has not yet sent a heartbeat) loses its place to a late registration of its former life, and is a stranger to the controller until it is restarted.', { modelled: true, control: 'kraft' }),
  B85: defect('B85', 'control', '2.4.0..4.0.0', 'Under ZooKeeper a broker that lost its replica when a reassignment was cancelled is in the ISR of the next leader epoch: its leader (to 2.6) added it before it heard of it, or the controller died before it took it out.', { modelled: true, control: 'zookeeper' }),
  B87: defect('B87', 'control', '2.7.0..4.0.0', 'A ZooKeeper controller that loses the connection in which it wrote an ISR writes it again, meets its own write, and refuses the leader: the ISR stays as it is until the leader changes.', { modelled: true, control: 'zookeeper' }),
} as const; // prettier-ignore

export const quorumDefects = {
  'KAFKA-10527': defect('B39', 'quorum', '', 'A restarted leader of the quorum goes on in the same epoch, although it may have lost records of it.', { modelled: true }),
  'KAFKA-10533': defect('B40', 'quorum', '', 'A voter acknowledges records that it has not fsynced.', { modelled: true }),
  'KAFKA-12460': defect('B44', 'quorum', '2.8.0..3.0.0', 'A follower of the quorum cuts its log back below its high watermark and says nothing.', { modelled: true }),
  'KAFKA-15345': defect('B46', 'quorum', '2.8.0..3.6.0', 'A controller is told that it leads before it has read its log to the start of its epoch.', { modelled: true }),
  B41: defect('B41', 'quorum', '', "A voter grants its vote whatever the candidate's log.", { modelled: true }),
  B42: defect('B42', 'quorum', '', 'A leader of the quorum commits records of an earlier epoch by counting voters.', { modelled: true }),
  B43: defect('B43', 'quorum', '', 'A voter forgets its vote in a restart.', { modelled: true }),
  B45: defect('B45', 'quorum', '', 'A leader of the quorum changes the voters before it has committed a record of its own epoch.', { modelled: true }),
  B83: defect('B83', 'quorum', '', 'A leader of the quorum changes the voters while an earlier change is not committed.', { modelled: true }),
  B84: defect('B84', 'quorum', '4.0.0..', 'A node that was made a voter and has not heard of it stands by a leader that is gone, and refuses every pre-vote: where its vote is needed nobody is elected.', { modelled: true }),
} as const; // prettier-ignore
