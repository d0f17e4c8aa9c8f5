/**
 * The trace: probe records of a trial, in columns. `a`..`d` mean what the header's table of probes says.
 * Records are in the order in which they happened; `index` counts from 0.
 */

export interface TraceHeader {
  /** By kind. */
  readonly probes: readonly {
    readonly kind: number;
    readonly name: string;
    readonly fields: readonly string[];
    /** What it announces, and whose rule that is: the KIP, the JIRA or the class. */
    readonly sentence?: string;
  }[];
  /** By machine number; 0 is nobody. */
  readonly machines: readonly { readonly name: string; readonly roles: readonly string[] }[];
  /** By key number. */
  readonly keys: readonly string[];
  /** The plan's strikes in words, by index: what `fault-began` names. */
  readonly faults: readonly string[];
  /** How a picture draws them, by the same index: a word or two, and a hue of 0..359. Left out: all alike. */
  readonly faultBands?: readonly { readonly label: string; readonly hue: number }[];
}

export interface Trace {
  readonly header: TraceHeader;
  readonly length: number;
  readonly time: Float64Array;
  readonly kind: Uint16Array;
  readonly machine: Int16Array;
  readonly key: Int16Array;
  readonly a: Float64Array;
  readonly b: Float64Array;
  readonly c: Float64Array;
  readonly d: Float64Array;
}
