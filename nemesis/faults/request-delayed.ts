import fc from 'fast-check';
import { allRunning, type Fault, type FaultView, type Parameters } from '../fault.js';

interface RequestDelayedParameters extends Parameters {
  /** By the name that the system gives it, or any. */
  readonly request: string;
  /** Which of them to each broker is held up, counted from the beginning of the fault. */
  readonly nth: number;
}

const ANY = 'any';

/**
 * Of a client that it strikes, requests to each broker; of a broker, requests of each client.
 *
 * A path of the network that one connection takes is stuck, while new connections get through by others. The client gives
 * the request up, and tries again; the bytes that it had written still arrive.
 */
export const requestDelayed: Fault<RequestDelayedParameters> = {
  name: 'request-delayed',
  sentence:
    'A request of a client hangs in the network with its connection, and arrives when the fault ends; what the client sends over new connections gets through.',
  family: 'network',
  role: 'client',
  harm: 'nothing',
  needs: 'transactions',
  delaysRequests: true,
  label: 'late request',
  hue: 164,
  parameters: [
    { name: 'request', sentence: 'Which request: by its name in the protocol (EndTxn, Produce, ...), or any.' },
    {
      name: 'nth',
      sentence: 'Which of these requests of a client to a broker is held up, from the beginning of the fault on.',
      range: [1, 1_000_000],
    },
  ],
  arbitrary: () => fc.record({ request: fc.constant(ANY), nth: fc.integer({ min: 1, max: 10 }) }),
  available(view, targets, { request }) {
    if (request !== ANY && view.requestKind(request) === undefined) return `there is no request ${request}`;
    return allRunning(view, targets);
  },
  begin(surface, targets, { request, nth }) {
    const kind = kindOf(surface, request);
    const clients = surface.machines('client');
    for (const target of targets) {
      if (clients.includes(target)) {
        for (const broker of surface.machines('broker')) surface.hold({ from: target, to: broker, nth, ...kind });
      } else {
        for (const client of clients) surface.hold({ from: client, to: target, nth, ...kind });
      }
    }
  },
  say({ request, nth }) {
    const requests = request === ANY ? 'request' : `${request} request`;
    return `has ${nth === 1 ? `the next ${requests}` : `${requests} number ${nth}`} held up in the network`;
  },
};

/** Of any request there is no kind to match. */
function kindOf(view: FaultView, request: string): { readonly kind?: number } {
  const kind = view.requestKind(request);
  return kind === undefined ? {} : { kind };
}
