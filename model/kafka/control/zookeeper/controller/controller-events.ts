/** What the controller's one thread has to do, in order of arrival: ControllerEventManager. */
import type { ControlResponse } from '../../../protocol/control-messages.js';
import type { Request, Response } from '../../../protocol/messages.js';

export type ControllerEvent =
  | { readonly kind: 'startup' }
  /** /controller was created or its data changed; it was deleted. */
  | { readonly kind: 'controller-change' }
  | { readonly kind: 'reelect' }
  /** The session is over; the next may begin. */
  | { readonly kind: 'expire' }
  | { readonly kind: 'register-broker-and-reelect' }
  | { readonly kind: 'broker-change' }
  | { readonly kind: 'topic-change' }
  /** Data of a topic's znode were written. */
  | { readonly kind: 'partition-modifications'; readonly topic: number }
  /** unclean.leader.election.enable was turned on for a topic. */
  | { readonly kind: 'topic-unclean-election-enable'; readonly topic: number }
  | { readonly kind: 'isr-change' }
  /** A broker says that one of its log directories has failed; one that it cannot serve what lies there. */
  | { readonly kind: 'log-dir-event' }
  | { readonly kind: 'leader-and-isr-response'; readonly broker: number; readonly response: ControlResponse }
  | { readonly kind: 'create-topics' }
  | { readonly kind: 'rebalance' }
  /** The state of a partition that is being reassigned was written (to 2.6). */
  | { readonly kind: 'reassignment-isr-change'; readonly partition: number }
  | { readonly kind: 'request'; readonly request: Request; readonly respond: (response: Response) => void };
