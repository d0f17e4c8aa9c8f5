import { describe, expect, it } from 'vitest';
import { ZkCode } from './codes.js';
import { create, EnsembleLab, exists, getData, SECOND, setData } from './testing/ensemble-lab.js';

function lab(servers = 3): { ensemble: EnsembleLab; a: number; b: number } {
  const ensemble = new EnsembleLab('ensemble', servers);
  const a = ensemble.addClient('a');
  const b = ensemble.addClient('b');
  ensemble.connected(a);
  ensemble.connected(b);
  return { ensemble, a, b };
}

describe('an ensemble', () => {
  it.each([1, 3, 5])('of %i elects one leader and takes writes', (servers) => {
    const { ensemble, a } = lab(servers);
    expect(ensemble.call(a, create('/x', 1)).code).toBe(ZkCode.OK);
    expect(ensemble.leaders).toHaveLength(1);
  });

  it('goes on after its leader died, and keeps what was written', () => {
    const { ensemble, a } = lab();
    ensemble.call(a, create('/x', 1));
    ensemble.world.kill(ensemble.leader);
    ensemble.until('another leader', () => ensemble.leaders.length === 2);
    ensemble.connected(a);
    expect(ensemble.call(a, getData('/x')).data).toBe(1);
    expect(ensemble.call(a, setData('/x', 2)).code).toBe(ZkCode.OK);
  });

  it('stands still without a majority, and no session ends meanwhile', () => {
    const { ensemble, a } = lab();
    const [first, second] = ensemble.followers;
    ensemble.world.kill(first);
    ensemble.world.kill(second);
    const length = ensemble.history.length;
    ensemble.pass(60 * SECOND);
    expect(ensemble.history).toHaveLength(length);
    ensemble.world.start(first);
    ensemble.until('a session again', () => ensemble.client(a).client.state === 'connected');
    expect(ensemble.client(a).heard).not.toContain('expired');
  });

  it('brings a server that was down up to date', () => {
    const { ensemble, a } = lab();
    const [follower] = ensemble.followers;
    ensemble.world.kill(follower);
    for (let i = 0; i < 20; i++) ensemble.call(a, create(`/x${i}`));
    ensemble.world.start(follower);
    ensemble.pass(5 * SECOND);
    ensemble.world.kill(ensemble.leader);
    ensemble.until('another leader', () => ensemble.leaders.length === 2);
    ensemble.connected(a);
    expect(ensemble.call(a, exists('/x19')).code).toBe(ZkCode.OK);
  });

  it('loses power as a whole and keeps what was acknowledged', () => {
    const { ensemble, a } = lab();
    for (let i = 0; i < 20; i++) ensemble.call(a, create(`/x${i}`, i));
    for (const server of ensemble.servers) ensemble.world.powerLoss(server);
    for (const server of ensemble.servers) ensemble.world.start(server);
    ensemble.until('another leader', () => ensemble.leaders.length === 2);
    ensemble.connected(a);
    expect(ensemble.call(a, getData('/x19')).data).toBe(19);
  });
});

describe('writes', () => {
  it('name a version, and fail with BADVERSION when the znode has moved on', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/x', 'first'));
    expect(ensemble.call(a, setData('/x', 'second', 0)).stat?.version).toBe(1);
    expect(ensemble.call(b, setData('/x', 'other', 0)).code).toBe(ZkCode.BADVERSION);
    expect(ensemble.call(a, getData('/x')).data).toBe('second');
  });

  it('of a multi happen all, or none', () => {
    const { ensemble, a } = lab();
    ensemble.call(a, create('/x', 0));
    const ops = [
      { kind: 'create', path: '/y', data: 1, ephemeral: false, sequential: false },
      { kind: 'check', path: '/x', version: 7 },
      { kind: 'delete', path: '/x', version: -1 },
    ] as const;
    const outcome = ensemble.call(a, { kind: 'multi', ops });
    expect(outcome.code).toBe(ZkCode.BADVERSION);
    expect(outcome.results.map(({ code }) => code)).toEqual([
      ZkCode.OK,
      ZkCode.BADVERSION,
      ZkCode.RUNTIMEINCONSISTENCY,
    ]);
    expect(ensemble.call(a, exists('/y')).code).toBe(ZkCode.NONODE);
    expect(ensemble.call(a, exists('/x')).code).toBe(ZkCode.OK);
  });

  it('of sequential znodes number them below their parent', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/q'));
    expect(ensemble.call(a, create('/q/n', null, false, true)).path).toBe('/q/n0000000000');
    expect(ensemble.call(b, create('/q/n', null, false, true)).path).toBe('/q/n0000000001');
  });

  it('are seen by the reads behind them', () => {
    const { ensemble, a } = lab();
    const client = ensemble.client(a);
    client.ask(create('/x', 1));
    const read = client.ask(getData('/x'));
    ensemble.until('an answer', () => client.asked[read].result !== null);
    expect(client.asked[read].result!.data).toBe(1);
  });
});

describe('a session', () => {
  it('ends when its client is silent for the time-out, and its ephemeral znodes with it, not before', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/mine', null, true));
    ensemble.world.kill(a);
    ensemble.pass(5 * SECOND);
    expect(ensemble.call(b, exists('/mine')).code).toBe(ZkCode.OK);
    ensemble.pass(6 * SECOND);
    expect(ensemble.call(b, exists('/mine')).code).toBe(ZkCode.NONODE);
  });

  it('begins its time anew under a new leader', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/mine', null, true));
    ensemble.world.kill(a);
    ensemble.pass(5 * SECOND);
    ensemble.world.kill(ensemble.leader);
    ensemble.until('another leader', () => ensemble.leaders.length === 2);
    const since = ensemble.world.now;
    ensemble.until('the end', () => ensemble.tree.node('/mine') === undefined);
    expect(ensemble.world.now - since).toBeGreaterThanOrEqual(6 * SECOND);
    ensemble.connected(b);
  });

  it('moves with its client to another server, with its znodes and watches', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/mine', null, true));
    ensemble.call(b, create('/x', 0));
    ensemble.call(a, getData('/x', true));
    const session = ensemble.client(a).client.session;
    // All of them, one after the other, so that the client's own is among them.
    for (const server of ensemble.servers) {
      ensemble.world.net.cut(server, a, true);
      ensemble.world.net.cut(a, server, true);
      ensemble.pass(4.5 * SECOND);
      ensemble.world.net.cut(server, a, false);
      ensemble.world.net.cut(a, server, false);
      ensemble.pass(2 * SECOND);
    }
    expect(ensemble.client(a).heard).toContain('connecting');
    expect(ensemble.client(a).client).toMatchObject({ state: 'connected', session });
    ensemble.call(b, setData('/x', 1));
    ensemble.pass(SECOND);
    expect(ensemble.client(a).heard).toContainEqual({ type: 'data-changed', path: '/x' });
  });

  it('is over for a client that comes back too late: it is told, and everything it asks is refused', () => {
    const { ensemble, a } = lab();
    ensemble.call(a, create('/mine', null, true));
    ensemble.world.pause(a);
    ensemble.pass(20 * SECOND);
    expect(ensemble.tree.node('/mine')).toBeUndefined();
    ensemble.world.resume(a);
    const client = ensemble.client(a);
    ensemble.until('the news', () => client.client.state === 'expired');
    expect(ensemble.call(a, setData('/', 1)).code).toBe(ZkCode.SESSIONEXPIRED);
  });

  it('that is closed takes its ephemeral znodes along at once', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/mine', null, true));
    ensemble.client(a).client.close();
    ensemble.pass(SECOND);
    expect(ensemble.call(b, exists('/mine')).code).toBe(ZkCode.NONODE);
  });
});

describe('what is under way when the connection breaks', () => {
  it('fails with CONNECTIONLOSS, and may have happened', () => {
    const { ensemble, a, b } = lab();
    for (const server of ensemble.servers) ensemble.world.net.cut(server, a, true);
    const client = ensemble.client(a);
    const token = client.ask(create('/x'));
    ensemble.until('an answer', () => client.asked[token].result !== null);
    expect(client.asked[token].result!.code).toBe(ZkCode.CONNECTIONLOSS);
    expect(ensemble.call(b, exists('/x')).code).toBe(ZkCode.OK);
  });
});

describe('a watch', () => {
  it('fires once, before its client can read what it tells of', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/x', 0));
    ensemble.call(b, getData('/x', true));
    ensemble.call(a, setData('/x', 1));
    ensemble.call(a, setData('/x', 2));
    ensemble.pass(SECOND);
    ensemble.call(b, getData('/x'));
    const events = ensemble.client(b).heard.filter((heard) => typeof heard === 'object');
    expect(events).toEqual([{ type: 'data-changed', path: '/x' }]);
  });

  it('may wait for a znode that is still to come', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(b, exists('/x', true));
    ensemble.call(a, create('/x'));
    ensemble.pass(SECOND);
    expect(ensemble.client(b).heard).toContainEqual({ type: 'created', path: '/x' });
  });
});

describe('a read', () => {
  it('is stale at a follower that is cut off from its leader', () => {
    const ensemble = new EnsembleLab('stale', 3, 20 * SECOND);
    const clients = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => ensemble.addClient(`c${n}`));
    for (const client of clients) ensemble.connected(client);
    const readers = clients.slice(4);
    ensemble.call(clients[0], create('/x', 'old'));
    ensemble.pass(SECOND);
    const [behind, other] = ensemble.followers;
    for (const server of [ensemble.leader, other]) {
      ensemble.world.net.cut(server, behind, true);
      ensemble.world.net.cut(behind, server, true);
    }
    for (const writer of clients.slice(0, 4)) ensemble.client(writer).ask(setData('/x', 'new'));
    ensemble.pass(SECOND);
    expect(ensemble.tree.node('/x')!.data).toBe('new');
    const answers = readers.map((reader) => ensemble.call(reader, getData('/x')).data);
    expect(new Set(answers)).toEqual(new Set(['old', 'new']));
  });

  it('that follows a sync is not', () => {
    const { ensemble, a, b } = lab();
    ensemble.call(a, create('/x', 'new'));
    const client = ensemble.client(b);
    client.ask({ kind: 'sync' });
    const read = client.ask(getData('/x'));
    ensemble.until('an answer', () => client.asked[read].result !== null);
    expect(client.asked[read].result!.data).toBe('new');
  });
});
