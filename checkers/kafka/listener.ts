/** Takes probes as they happen. The same shape as model/kernel/probes.ts, without an import. */
export interface ProbeListener {
  onProbe(kind: number, machine: number, key: number, a: number, b: number, c: number, d: number): void;
}
