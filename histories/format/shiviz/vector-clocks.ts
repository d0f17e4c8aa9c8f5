/** Vector clocks: how often each host had acted, as far as the acting host could know. */

export type Clock = ReadonlyMap<string, number>;

export class VectorClocks {
  private readonly clocks = new Map<string, Map<string, number>>();

  /** The host acts, knowing what it knew and what it has learnt. @returns its clock then, which does not change any more */
  tick(host: string, learnt: readonly (Clock | undefined)[] = []): Clock {
    const clock = new Map(this.clocks.get(host));
    for (const other of learnt) {
      for (const [name, count] of other ?? []) if (count > (clock.get(name) ?? 0)) clock.set(name, count);
    }
    clock.set(host, (clock.get(host) ?? 0) + 1);
    this.clocks.set(host, clock);
    return clock;
  }
}
