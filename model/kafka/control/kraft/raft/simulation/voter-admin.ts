/** Asks leaders to add or to remove a voter, one connection for each question. (kafka-metadata-quorum.sh) */
import type { Connection } from '../../../../../kernel/network.js';
import { Process, type MachineId } from '../../../../../kernel/process.js';
import { Purpose } from '../../../../protocol/messages.js';
import type { VoterKey } from '../../../../protocol/metadata-records.js';
import type { VoterChangeRequest } from '../../../../protocol/raft-messages.js';

const SETUP_TIMEOUT_MICROS = 1_000_000;

export class VoterAdmin extends Process {
  override start(): void {}
  override onConnection(): void {}
  override onBroken(): void {}
  override onTimer(): void {}

  override onConnected(connection: Connection): void {
    connection.send(connection.state as VoterChangeRequest);
  }

  override onMessage(connection: Connection): void {
    connection.close();
  }

  ask(node: MachineId, kind: number, { id, directoryId }: VoterKey): void {
    const connection = this.host.net.connect(node, Purpose.admin, SETUP_TIMEOUT_MICROS);
    connection.state = {
      kind,
      bytes: 60,
      correlationId: 1,
      voterId: id,
      voterDirectoryId: directoryId,
    } satisfies VoterChangeRequest;
  }
}
