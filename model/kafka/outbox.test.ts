import { expect, it } from 'vitest';
import { Probe } from './probes.js';
import { smallCluster } from './testing/cluster-spec.js';
import { Run } from './testing/run.js';

/** Its producer dies when the leader has appended its record, and has heard nothing; it comes back at once. */
function restarted(resend: boolean): Run {
  const run = new Run({ ...smallCluster(), ...(resend ? { resend } : {}) }).up();
  const { world } = run;
  const [producer] = run.kafka.clients;
  let isKilled = false;
  const onEvent = (): void => {
    world.kill(producer!);
    world.start(producer!);
  };
  world.probes.listen([Probe.append], {
    onProbe: () => {
      if (!isKilled) world.schedule(world.now, { onEvent }, 0, 0);
      isKilled = true;
    },
  });
  run.send(1, 5);
  run.until(60, () => run.kafka.settled());
  return run;
}

it('a record that a dead process knew nothing of is sent again, and stands there twice: its successor is another session', () => {
  const run = restarted(true);
  expect(run.operations.filter(({ f }) => f === 'send').map(({ outcome }) => outcome)).toEqual([null, 'ok']);
  expect(run.finalRead()[0]).toEqual([0, 0]);
});

it('an application that remembers nothing sends nothing again', () => {
  expect(restarted(false).finalRead()[0]).toEqual([0]);
});

it('what was acknowledged is not sent again, nor what certainly is not there', () => {
  const run = new Run({ ...smallCluster({ producer: { 'max.request.size': 10 } }), resend: true }).up();
  run.send(3);
  run.run(5);
  expect(run.sends('fail').length).toBe(3);
  const other = new Run({ ...smallCluster(), resend: true }).up();
  other.send(3);
  other.run(5);
  expect(other.sends('ok').length).toBe(3);
});
