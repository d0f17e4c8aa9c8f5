/** Which situations a trial reached: recognisers listening to the probes that can show them. */
import { KernelProbe, type ProbeListener, type Probes } from '../../model/kernel/probes.js';
import type { System } from '../../model/system.js';
import { Phase } from './phases.js';

type Recogniser = ReturnType<System['situations'][number]['create']>;

export class SituationWatch implements ProbeListener {
  private readonly found = new Set<string>();
  private readonly watchers: Watcher[] = [];

  constructor(system: System, probes: Probes) {
    for (const situation of system.situations) {
      const watcher = new Watcher(situation.name, situation.create(system), this.found);
      this.watchers.push(watcher);
      probes.listen(situation.on, watcher);
    }
    probes.listen([KernelProbe.phase], this);
  }

  /** The final read moves every leader on purpose: what it brings about was not reached by the trial. */
  onProbe(_kind: number, _machine: number, _key: number, phase: number): void {
    if (phase === Phase.finalRead) for (const watcher of this.watchers) watcher.close();
  }

  /** Names, sorted. */
  reached(): readonly string[] {
    return [...this.found].sort();
  }
}

class Watcher implements ProbeListener {
  private done = false;
  private readonly name: string;
  private readonly recognise: Recogniser;
  private readonly found: Set<string>;

  constructor(name: string, recognise: Recogniser, found: Set<string>) {
    this.name = name;
    this.recognise = recognise;
    this.found = found;
  }

  close(): void {
    this.done = true;
  }

  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void {
    if (this.done || !this.recognise(kind, machine, key, a, b, c, d)) return;
    this.done = true;
    this.found.add(this.name);
  }
}
