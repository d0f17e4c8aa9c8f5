import fc from 'fast-check';
import { allRunning, others, type Fault, type Parameters } from '../fault.js';

interface OneWayParameters extends Parameters {
  /** What is lost: what the target sends, or what is sent to it. */
  readonly direction: 'out' | 'in';
  readonly peers: 'all' | 'brokers' | 'controllers';
}

/** The target hears and is not heard, or the other way round: requests arrive whose answers never do. */
export const oneWayCut: Fault<OneWayParameters> = {
  name: 'one-way-cut',
  sentence: 'The network carries messages from a broker but not to it, or to it but not from it.',
  family: 'network',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: true,
  label: 'one way',
  hue: 180,
  parameters: [
    {
      name: 'direction',
      sentence: 'out or in: what the broker sends is lost, or what is sent to it.',
      oneOf: ['out', 'in'],
    },
    { name: 'peers', sentence: 'all, brokers or controllers: towards whom.', oneOf: ['all', 'brokers', 'controllers'] },
  ],
  arbitrary: () =>
    fc.record({ direction: fc.constantFrom('out', 'in'), peers: fc.constantFrom('all', 'brokers', 'controllers') }),
  available: allRunning,
  begin(surface, targets, parameters) {
    const roles = rolesOf[parameters.peers];
    for (const target of targets) {
      for (const peer of others(surface, targets, ...roles)) {
        if (parameters.direction === 'out') surface.cut(target, peer);
        else surface.cut(peer, target);
      }
    }
  },
  say: (parameters) =>
    parameters.direction === 'out'
      ? `is no longer heard by ${peersInWords[parameters.peers]}`
      : `no longer hears ${peersInWords[parameters.peers]}`,
};

const rolesOf = {
  all: ['broker', 'controller', 'client'],
  brokers: ['broker'],
  controllers: ['controller'],
} as const;

const peersInWords = { all: 'anybody', brokers: 'the other brokers', controllers: 'the controllers' } as const;
