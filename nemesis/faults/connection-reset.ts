import fc from 'fast-check';
import { allRunning, others, type Fault, type Parameters } from '../fault.js';

interface ResetParameters extends Parameters {
  readonly peers: 'clients' | 'brokers';
  /** What the reset destroys: the next message to the target, or the next from it. */
  readonly direction: 'in' | 'out';
}

/** A firewall or load balancer that forgets a connection: both ends start again, and one message is lost. */
export const connectionReset: Fault<ResetParameters> = {
  name: 'connection-reset',
  sentence: 'Connections between a broker and its clients, or other brokers, are reset; a message on each is lost.',
  family: 'network',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: true,
  label: 'reset',
  hue: 156,
  parameters: [
    { name: 'peers', sentence: 'clients or brokers: whose connections.', oneOf: ['clients', 'brokers'] },
    {
      name: 'direction',
      sentence: 'in or out: a message to the broker is lost, or one from it.',
      oneOf: ['in', 'out'],
    },
  ],
  arbitrary: () => fc.record({ peers: fc.constantFrom('clients', 'brokers'), direction: fc.constantFrom('in', 'out') }),
  available: allRunning,
  begin(surface, targets, parameters) {
    for (const target of targets) {
      for (const peer of others(surface, targets, parameters.peers === 'clients' ? 'client' : 'broker')) {
        if (parameters.direction === 'in') surface.resetBefore({ from: peer, to: target, nth: 1 });
        else surface.resetBefore({ from: target, to: peer, nth: 1 });
      }
    }
  },
  say: (parameters) => `has its connections with ${parameters.peers === 'clients' ? 'clients' : 'other brokers'} reset`,
};
