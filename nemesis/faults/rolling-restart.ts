import fc from 'fast-check';
import type { Fault, FaultSurface, Parameters } from '../fault.js';
import type { MachineId } from '../../model/kernel/process.js';

interface RollingParameters extends Parameters {
  readonly how: 'graceful' | 'kill';
  /** How long each broker stays down, milliseconds. */
  readonly 'down-ms': number;
}

interface Progress {
  readonly order: readonly MachineId[];
  next: number;
  step: 'stop' | 'stopping' | 'down' | 'returning';
  since: number;
}

const ASK_AGAIN_MICROS = 100_000;
/** An operator waits no longer than this for a shutdown, then kills; and for ISRs to be whole, then goes on. */
const PATIENCE_MICROS = 60_000_000;

/** An upgrade or a change of settings, as operators do it: one broker after the other, the next when every ISR is whole. */
export const rollingRestart: Fault<RollingParameters> = {
  name: 'rolling-restart',
  sentence: 'The brokers are restarted one by one, each after every ISR is whole again.',
  family: 'process',
  role: 'broker',
  harm: 'nothing',
  delaysRequests: false,
  label: 'restarts',
  hue: 20,
  parameters: [
    { name: 'how', sentence: 'graceful or kill: by controlled shutdown, or by kill -9.', oneOf: ['graceful', 'kill'] },
    { name: 'down-ms', sentence: 'How long each broker stays down, milliseconds.', range: [1, 3_600_000] },
  ],
  arbitrary: () =>
    fc.record({ how: fc.constantFrom('graceful', 'kill'), 'down-ms': fc.integer({ min: 50, max: 4_000 }) }),
  available: (view) => view.whole(),
  touches: (view) => view.machines('broker'),
  begin(surface, targets) {
    const brokers = surface.machines('broker');
    const first = Math.max(0, brokers.indexOf(targets[0]));
    const progress: Progress = {
      order: brokers.map((_, i) => brokers[(first + i) % brokers.length]),
      next: 0,
      step: 'stop',
      since: surface.now,
    };
    surface.state = progress;
  },
  proceed(surface, parameters) {
    const progress = surface.state as Progress;
    if (progress.next >= progress.order.length) return 0;
    return advance(surface, progress, progress.order[progress.next], parameters);
  },
  say: (parameters) =>
    `and then every other broker is ${parameters.how === 'kill' ? 'killed' : 'shut down'} and started again, one by one`,
};

/** One step for one broker; returns microseconds until the next. */
function advance(surface: FaultSurface, progress: Progress, broker: MachineId, parameters: RollingParameters): number {
  const waited = surface.now - progress.since;
  switch (progress.step) {
    case 'stop':
      if (parameters.how === 'kill') surface.kill(broker);
      else surface.shutDown(broker);
      return enter(progress, 'stopping', surface.now, 1);
    case 'stopping':
      if (!surface.isRunning(broker)) return enter(progress, 'down', surface.now, parameters['down-ms'] * 1_000);
      if (waited < PATIENCE_MICROS) return ASK_AGAIN_MICROS;
      surface.kill(broker);
      return enter(progress, 'down', surface.now, parameters['down-ms'] * 1_000);
    case 'down':
      surface.startAgain(broker);
      return enter(progress, 'returning', surface.now, ASK_AGAIN_MICROS);
    case 'returning':
      if (surface.whole() !== true && waited < PATIENCE_MICROS) return ASK_AGAIN_MICROS;
      progress.next += 1;
      return progress.next < progress.order.length ? enter(progress, 'stop', surface.now, 1) : 0;
  }
}

function enter(progress: Progress, step: Progress['step'], now: number, afterMicros: number): number {
  progress.step = step;
  progress.since = now;
  return afterMicros;
}
