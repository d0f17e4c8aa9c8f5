/** Answers that wait for a record to be committed, in the order of its offset. (DeferredEventQueue) */
import type { Connection } from '../../../kernel/network.js';
import type { Request, Response } from '../../protocol/messages.js';

interface DeferredAnswer {
  readonly connection: Connection;
  readonly request: Request;
  readonly response: Response;
  readonly offset: number;
}

export class DeferredAnswers {
  private waiting: DeferredAnswer[] = [];

  /** Answers once the record at `offset` is committed; at once if it is negative. */
  add(connection: Connection, request: Request, response: Response, offset: number): void {
    if (offset < 0) answer(connection, response);
    else this.waiting.push({ connection, request, response, offset });
  }

  /** Everything below `end` is committed. */
  complete(end: number): void {
    let count = 0;
    while (count < this.waiting.length && this.waiting[count].offset < end) count++;
    for (const deferred of this.waiting.splice(0, count)) answer(deferred.connection, deferred.response);
  }

  /** Whether they will be committed is no longer this controller's to say. */
  failAll(refusal: (request: Request) => Response): void {
    const { waiting } = this;
    this.waiting = [];
    for (const { connection, request } of waiting) answer(connection, refusal(request));
  }
}

function answer(connection: Connection, response: Response): void {
  connection.send(response);
  connection.resumeReading();
}
