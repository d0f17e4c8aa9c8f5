/** A process of a test that only asks others: each of its connections knows who made it. */
import type { Connection } from '../../kernel/network.js';
import { Process, type BrokenReason, type Message } from '../../kernel/process.js';
import type { ConnectionOwner } from '../broker/components.js';

export abstract class AskingProcess extends Process {
  override onConnection(connection: Connection): void {
    connection.reset();
  }

  override onConnected(connection: Connection): void {
    (connection.state as ConnectionOwner).onConnected(connection);
  }

  override onMessage(connection: Connection, message: Message): void {
    (connection.state as ConnectionOwner).onMessage(connection, message);
  }

  override onBroken(connection: Connection, why: BrokenReason): void {
    (connection.state as ConnectionOwner).onBroken(connection, why);
  }
}
