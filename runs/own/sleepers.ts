/** Who sleeps until when. */

interface Sleeper {
  readonly at: number;
  readonly wake: () => void;
}

export class Sleepers {
  /** In order of time; of the same time in the order in which they lay down. */
  #sleepers: Sleeper[] = [];

  /** Infinity: nobody sleeps. */
  get nextAt(): number {
    return this.#sleepers[0]?.at ?? Infinity;
  }

  add(at: number, wake: () => void): void {
    let place = this.#sleepers.length;
    while (place > 0 && this.#sleepers[place - 1]!.at > at) place--;
    this.#sleepers.splice(place, 0, { at, wake });
  }

  /** Wakes all whose time has come. */
  wake(now: number): void {
    while (this.nextAt <= now) this.#sleepers.shift()!.wake();
  }
}
