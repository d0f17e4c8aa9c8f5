import { describe, expect, it } from 'vitest';
import { createWorld } from '../../model/kernel/world.js';
import { CALL_MICROS, drive, type Guest } from './async.js';

/** Told of events 10, 20 and 30; answers each with a promise and a call. */
class Told implements Guest {
  readonly heard: string[] = [];
  hasNews = false;
  callsAt = Infinity;
  wakesAt = 15;
  goesOn = true;
  private readonly world;
  constructor(world: ReturnType<typeof createWorld>) {
    this.world = world;
    for (const at of [10, 20, 20, 30]) world.schedule(at, this, 0, 0);
  }
  onEvent(): void {
    this.hear('event');
  }
  makeCalls(): void {
    this.callsAt = Infinity;
    this.heard.push(`${this.world.now} call`);
  }
  wake(): void {
    this.wakesAt = Infinity;
    this.hear('woken');
  }
  afterTurn(): boolean {
    this.hasNews = false;
    return this.goesOn;
  }
  private hear(what: string): void {
    this.heard.push(`${this.world.now} ${what}`);
    this.hasNews = true;
    void this.react(what);
  }
  private async react(what: string): Promise<void> {
    for (let i = 0; i < 50; i++) await Promise.resolve();
    this.heard.push(`${this.world.now} turn of ${what}`);
    this.callsAt = Math.min(this.callsAt, this.world.now + CALL_MICROS);
  }
}

describe('the asynchronous driver', () => {
  it('gives a turn after each event that brought news, and makes calls when all before them has happened', async () => {
    const world = createWorld({ seed: 's' });
    const guest = new Told(world);
    await drive(world, guest, 25);
    expect(guest.heard).toEqual([
      '10 event',
      '10 turn of event',
      '11 call',
      '15 woken',
      '15 turn of woken',
      '16 call',
      '20 event',
      '20 turn of event',
      '20 event',
      '20 turn of event',
      '21 call',
    ]);
    expect(world.now).toBe(25);
  });

  it('makes no call behind the end', async () => {
    const world = createWorld({ seed: 's' });
    const guest = new Told(world);
    await drive(world, guest, 30);
    expect(guest.heard.at(-1)).toBe('30 turn of event');
    expect(guest.callsAt).toBe(31);
  });

  it('runs the world to the end when the code is not to go on', async () => {
    const world = createWorld({ seed: 's' });
    const guest = new Told(world);
    guest.goesOn = false;
    await drive(world, guest, 25);
    expect(guest.heard.slice(0, 2)).toEqual(['10 event', '10 turn of event']);
    expect(world.now).toBe(25);
  });
});
