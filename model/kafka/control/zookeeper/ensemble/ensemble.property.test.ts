/** What an ensemble promises, whatever happens to it and to its clients. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MachineId } from '../../../../kernel/process.js';
import { ZkCode } from './codes.js';
import type { Asked, ClientMachine } from './testing/client-machine.js';
import { create, EnsembleLab, getData, SECOND, setData } from './testing/ensemble-lab.js';

const SERVERS = 3;
const CLIENTS = [4, 5, 6];
const PATHS = ['/a', '/b'];
const MACHINES = SERVERS + CLIENTS.length;

interface Blow {
  readonly afterMicros: number;
  readonly what: 'kill' | 'power loss' | 'start' | 'pause' | 'resume' | 'cut' | 'heal' | 'drift';
  readonly x: number;
  readonly y: number;
}

const machine = fc.integer({ min: 1, max: MACHINES });
const blows: fc.Arbitrary<Blow[]> = fc.array(
  fc.record({
    afterMicros: fc.oneof(fc.nat(50_000), fc.nat(8 * SECOND)),
    what: fc.constantFrom('kill', 'power loss', 'start', 'pause', 'resume', 'cut', 'heal', 'drift'),
    x: machine,
    y: machine,
  }),
  { minLength: 5, maxLength: 16 },
);

/** The ensemble after the script, healed and at rest. What its clients saw is kept beside it: their processes may have died. */
function suffer(script: readonly Blow[], seed: number): { lab: EnsembleLab; clients: readonly ClientMachine[] } {
  const lab = new EnsembleLab(`chaos ${seed}`, SERVERS);
  for (const id of CLIENTS) if (lab.addClient(`c${id}`, true) !== id) throw new Error('machines are numbered in order');
  lab.connected(CLIENTS[0]);
  for (const path of PATHS) lab.call(CLIENTS[0], create(path, 0));
  const clients = CLIENTS.map((id) => lab.client(id));
  for (const blow of script) {
    const until = lab.world.now + blow.afterMicros;
    while (lab.world.now < until) {
      work(lab);
      lab.world.runUntil(Math.min(until, lab.world.now + 300_000));
    }
    strike(lab, blow);
    for (const id of CLIENTS) {
      const running = lab.world.process(id) as ClientMachine | undefined;
      if (running !== undefined && !clients.includes(running)) clients.push(running);
    }
  }
  heal(lab);
  lab.pass(90 * SECOND);
  return { lab, clients };
}

/** Each client that can reads with a watch, writes, and makes an ephemeral znode. */
function work(lab: EnsembleLab): void {
  for (const id of CLIENTS) {
    const client = lab.world.process(id) as ClientMachine | undefined;
    if (client?.client.state !== 'connected' || lab.world.isPaused(id)) continue;
    const path = PATHS[(client.asked.length >> 2) % PATHS.length];
    client.ask(getData(path, true));
    client.ask(setData(path, client.asked.length * 10 + id));
    client.ask(getData(path));
    client.ask(create(`/a/e-${id}-`, null, false, true));
  }
}

function strike(lab: EnsembleLab, { what, x, y }: Blow): void {
  const { world } = lab;
  switch (what) {
    case 'kill':
      if (world.isRunning(x)) world.kill(x);
      return;
    case 'power loss':
      if (world.isRunning(x)) world.powerLoss(x);
      return;
    case 'start':
      world.start(x);
      return;
    case 'pause':
      if (world.isRunning(x) && !world.isPaused(x)) world.pause(x);
      return;
    case 'resume':
      if (world.isPaused(x)) world.resume(x);
      return;
    case 'cut':
      if (x !== y) world.net.cut(x, y, true);
      cuts.push([lab, x, y]);
      return;
    case 'heal':
      healCuts(lab);
      return;
    case 'drift':
      world.driftClock(x, 40_000 * (y - 3));
      return;
  }
}

const cuts: [EnsembleLab, MachineId, MachineId][] = [];

function healCuts(lab: EnsembleLab): void {
  for (const [of, x, y] of cuts.splice(0)) if (of === lab && x !== y) lab.world.net.cut(x, y, false);
}

function heal(lab: EnsembleLab): void {
  healCuts(lab);
  for (let id = 1; id <= MACHINES; id++) {
    if (lab.world.isPaused(id)) lab.world.resume(id);
    lab.world.start(id);
  }
}

function check(property: (run: { lab: EnsembleLab; clients: readonly ClientMachine[] }) => void): void {
  fc.assert(
    fc.property(blows, fc.nat(1_000_000), (script, seed) => property(suffer(script, seed))),
    { numRuns: 20 },
  );
}

/** What of the session's requests the ensemble took, in its own order. Late ones, from a connection left behind, are refused. */
function committedOf(lab: EnsembleLab, session: number): number[] {
  const ofSession = lab.history.map(({ transaction }) => transaction).filter((other) => other.session === session);
  return ofSession.filter(({ op, cxid }) => op.kind !== 'error' && cxid !== 0).map(({ cxid }) => cxid);
}

function isWrite({ op }: Asked): boolean {
  return op.kind === 'set-data' || op.kind === 'create';
}

describe('whatever happens to an ensemble', () => {
  it('every server commits one history, epochs rise, and the healed ensemble serves all its clients', () => {
    // The lab itself compares the servers' histories and epochs.
    check(({ lab }) => {
      for (const id of CLIENTS) lab.connected(id);
      expect(lab.call(CLIENTS[0], setData(PATHS[0], 'last')).code).toBe(ZkCode.OK);
    });
  });

  it('a write that was acknowledged is in the history, once, between its asking and its answer', () => {
    check(({ lab, clients }) => {
      const written = new Map<unknown, number>();
      lab.history.forEach(({ transaction: { op } }, index) => {
        if (op.kind === 'set-data') written.set(op, index);
      });
      for (const { asked } of clients) {
        let last = -1;
        for (const ask of asked) {
          if (ask.op.kind !== 'set-data' || ask.result?.code !== ZkCode.OK) continue;
          const index = written.get(ask.op);
          expect(index, 'an acknowledged write is committed').toBeDefined();
          expect(lab.history[index!].result.stat?.version).toBe(ask.result.stat?.version);
          expect(index!, 'in the order of asking').toBeGreaterThan(last);
          last = index!;
        }
      }
    });
  });

  it('the requests of a session are committed in the order of asking, and none is answered before an earlier one', () => {
    check(({ lab, clients }) => {
      for (const { transaction } of lab.history) {
        if (transaction.op.kind !== 'create-session') continue;
        const xids = committedOf(lab, transaction.zxid);
        expect(xids).toEqual(xids.toSorted((a, b) => a - b));
      }
      for (const { heard } of clients) {
        const tokens = heard.filter((what) => typeof what === 'number');
        expect(tokens).toEqual(tokens.toSorted((a, b) => a - b));
      }
    });
  });

  it('a client never reads an older state after a newer one in one session', () => {
    check(({ clients }) => {
      for (const { asked } of clients) {
        const seen = new Map<string, number>();
        for (const { op, result, session } of asked) {
          if (op.kind !== 'get-data' || result?.code !== ZkCode.OK) continue;
          const key = `${session} ${op.path}`;
          expect(result.stat!.mzxid).toBeGreaterThanOrEqual(seen.get(key) ?? 0);
          seen.set(key, result.stat!.mzxid);
        }
      }
    });
  });

  it('a client hears from its watch before it reads what has changed', () => {
    check(({ clients }) => {
      for (const client of clients) expectEventsFirst(client);
    });
  });

  it('a client that has not lost its session finds its requests answered or lost with the connection', () => {
    check(({ clients, lab }) => {
      for (const client of clients) {
        if (lab.world.process(client.host.id) !== client) continue;
        const open = client.asked.filter((ask) => isWrite(ask) && ask.result === null);
        expect(open).toEqual([]);
      }
    });
  });
});

function expectEventsFirst({ asked, heard }: ClientMachine): void {
  /** By path: the state on which a watch stands. */
  const watched = new Map<string, number>();
  for (const what of heard) {
    if (what === 'expired') watched.clear();
    else if (typeof what === 'object') watched.delete(what.path);
    else if (typeof what === 'number') {
      const { op, result } = asked[what];
      if (op.kind !== 'get-data' || result?.code !== ZkCode.OK) continue;
      const { mzxid } = result.stat!;
      expect(mzxid).toBeLessThanOrEqual(watched.get(op.path) ?? Infinity);
      if (op.watch) watched.set(op.path, mzxid);
    }
  }
}
