import { expect, it } from 'vitest';
import { smallCluster } from '../testing/cluster-spec.js';
import { Run } from '../testing/run.js';

const CONTROLLERS = [4, 5, 6];

/** How long b1 takes to come back, cut off from one of the controllers that do not lead; seconds. */
function secondsToComeBack(seed: string, nth: number): number {
  const run = new Run(smallCluster({ controllers: 3 }), seed).up();
  const active = run.kafka.role('controller', -1, run.world.dice('who'));
  const controller = CONTROLLERS.filter((one) => !active.includes(one))[nth]!;
  run.world.kill(1);
  run.world.net.cut(1, controller, true);
  run.world.net.cut(controller, 1, true);
  run.run(20);
  run.world.start(1);
  const started = run.world.now;
  run.until(60, () => run.kafka.settled());
  return (run.world.now - started) / 1e6;
}

it('a broker that cannot reach the controller it asks turns to another after controller.quorum.request.timeout.ms', () => {
  const waits = ['1', '2', '3', '4'].flatMap((seed) => [0, 1].map((nth) => secondsToComeBack(seed, nth)));
  // Whom it asks next is drawn: some ask the one that is cut off, first or again. It gives a connection up after ten.
  expect(Math.max(...waits)).toBeLessThan(10);
  expect(Math.max(...waits)).toBeGreaterThan(2);
});
