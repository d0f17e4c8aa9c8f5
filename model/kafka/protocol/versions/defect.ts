/** How a defect is written down: a bug of Kafka's implementation, in which releases it was, and what it does. */
import type { ControlPlane } from './rule.js';
import type { RuleName } from './rules.js';

export type DefectArea = 'storage' | 'replication' | 'control' | 'quorum' | 'clients' | 'coordinator';

export interface Defect {
  readonly area: DefectArea;
  /** What it does, in one sentence. */
  readonly sentence: string;
  /** Its entry in the catalogue of known bugs: 'B17'; null if it has none of its own. */
  readonly catalogue: string | null;
  /** The first release that has it; null: no release of Kafka's had it, it is there to be found. */
  readonly from: string | null;
  /** The releases that mended it: backports first, that of the main line last. Empty: not mended. */
  readonly fixed: readonly string[];
  /** The model can show it. A spec that names another is refused. */
  readonly modelled: boolean;
  /** It is no switch: it follows from this rule as designed, which a spec sets instead. */
  readonly follows: RuleName | null;
  /** The only control plane under which it shows. */
  readonly control: ControlPlane | null;
}

/** As a row of a table: the releases are '2.7.0..2.7.2,2.8.1,3.0.0' (mended in), '3.6.2..' (never mended), '' (never released). */
export function defect(
  catalogue: string | null,
  area: DefectArea,
  releases: string,
  sentence: string,
  more: { readonly modelled?: true; readonly follows?: RuleName; readonly control?: ControlPlane } = {},
): Defect {
  const [from = '', fixed = ''] = releases.split('..');
  return {
    area,
    sentence,
    catalogue,
    from: from === '' ? null : from,
    fixed: fixed === '' ? [] : fixed.split(','),
    modelled: more.modelled === true,
    follows: more.follows ?? null,
    // Only KRaft has a quorum of controllers.
    control: area === 'quorum' ? 'kraft' : (more.control ?? null),
  };
}
