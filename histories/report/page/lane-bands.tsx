/** What lasts: roles as brokers believe them, decisions of the controller, faults, pauses. */
import type { Bands, DecisionBand, FaultBand, OwnershipBand, RoleBand } from '../drawing/bands.js';
import { brokerSet, seconds } from '../words.js';
import { fitted, type Frame } from './lane-frame.js';
import { epochColour } from './parts.js';
import type { Trial } from './trial.js';

interface Props {
  bands: Bands;
  frame: Frame;
  trial: Trial;
}

export function BandsDrawn({ bands, frame, trial }: Props) {
  const { from, to } = frame.scale;
  const inWindow = (band: { from: number; to: number }): boolean => band.to >= from && band.from <= to;
  const controller = frame.lanes.find((machine) => trial.names.hasRole(machine, 'controller'));
  return (
    <>
      {bands.faults.filter(inWindow).map((fault) => (
        <Fault fault={fault} frame={frame} trial={trial} />
      ))}
      {bands.roles
        .filter((band) => inWindow(band) && frame.y(band.machine) >= 0)
        .map((band) => (
          <Role band={band} frame={frame} decisions={bands.decisions} trial={trial} />
        ))}
      {bands.ownerships
        .filter((band) => inWindow(band) && frame.y(band.machine) >= 0)
        .map((band) => (
          <Ownership band={band} frame={frame} />
        ))}
      {bands.pauses
        .filter((pause) => inWindow(pause) && frame.y(pause.machine) >= 0)
        .map((pause) => (
          <rect
            class="pause"
            x={frame.scale.x(pause.from)}
            width={Math.max(2, frame.scale.x(pause.to) - frame.scale.x(pause.from))}
            y={frame.y(pause.machine) - frame.band / 2 - 2}
            height={frame.band + 4}
          >
            <title>paused</title>
          </rect>
        ))}
      {controller !== undefined &&
        bands.decisions
          .filter(inWindow)
          .map((band) => <Decision band={band} machine={controller} frame={frame} trial={trial} />)}
    </>
  );
}

/** Pixels. */
const ROOM_FOR_A_SENTENCE = 160;

function Fault({ fault, frame, trial }: { fault: FaultBand; frame: Frame; trial: Trial }) {
  const lanes = frame.lanes.filter((machine) => fault.targets.includes(machine));
  const x = frame.scale.x(fault.from);
  const width = Math.max(2, frame.scale.x(fault.to) - x);
  const words = trial.names.faultOn(fault.strike, fault.targets);
  const short = trial.names.faultLabel(fault.strike) ?? words;
  const top = (machine: number): number => frame.y(machine) - frame.laneHeight / 2;
  return (
    <g>
      <title>{`${words}: ${seconds(fault.from)}–${seconds(fault.to)} s`}</title>
      {lanes.map((machine) => (
        <rect
          class="fault-band"
          fill="url(#fault-hatch)"
          style={{ stroke: trial.names.faultColour(fault.strike) }}
          x={x}
          width={width}
          y={top(machine) + 1}
          height={frame.laneHeight - 2}
        />
      ))}
      {lanes.length > 0 && width > 50 && (
        <text class="fault-label" x={Math.max(x, 0) + 4} y={top(lanes[0]!) + 11}>
          ⚡ {fitted(width < ROOM_FOR_A_SENTENCE ? short : words, width - 24, 5.6)}
        </text>
      )}
    </g>
  );
}

/** As the coordinator of the group has it: the member itself may not have heard of it yet. */
function Ownership({ band, frame }: { band: OwnershipBand; frame: Frame }) {
  const x = frame.scale.x(band.from);
  const width = Math.max(1, frame.scale.x(band.to) - x);
  const visible = Math.min(x + width, frame.scale.width) - Math.max(x, 0);
  const y = frame.y(band.machine);
  return (
    <g class="owns">
      <title>{`owns the partition in generation ${band.generation}: ${seconds(band.from)}–${seconds(band.to)} s`}</title>
      <rect x={x} width={width} y={y - frame.band / 2} height={frame.band} rx={2} fill={epochColour(band.generation)} />
      {visible > 40 && (
        <text class="band-text" x={Math.max(x, 0) + 5} y={y + 4}>
          {fitted(`owns, generation ${band.generation}`, visible - 8, 6)}
        </text>
      )}
    </g>
  );
}

/** A broker's belief of its role. A leader that the controller has deposed, and that has not heard of it, is striped. */
function Role({
  band,
  frame,
  decisions,
  trial,
}: {
  band: RoleBand;
  frame: Frame;
  decisions: readonly DecisionBand[];
  trial: Trial;
}) {
  const { scale } = frame;
  const x = scale.x(band.from);
  const w = Math.max(1, scale.x(band.to) - x);
  const y = frame.y(band.machine);
  if (band.role === 'none') return null;
  if (band.role === 'down') {
    return (
      <g>
        <rect class="band-down" x={x} width={w} y={y - frame.band / 2} height={frame.band} rx={2} />
        {w > 40 && (
          <text class="band-text" x={x + 5} y={y + 4}>
            down
          </text>
        )}
      </g>
    );
  }
  if (band.role === 'follower') {
    return (
      <g>
        <rect x={x} width={w} y={y - 2.5} height={5} rx={2} fill={epochColour(band.leaderEpoch)} />
        <title>{`follows ${trial.names.machine(band.leader)} in epoch ${band.leaderEpoch}`}</title>
      </g>
    );
  }
  const deposed = decisions.find((decision) => decision.leaderEpoch > band.leaderEpoch && decision.from < band.to);
  const after = deposed === undefined ? band.to : Math.max(deposed.from, band.from);
  const xDeposed = scale.x(after);
  const visible = Math.min(xDeposed, scale.width) - Math.max(x, 0);
  const stale = Math.min(x + w, scale.width) - Math.max(xDeposed, 0);
  return (
    <g>
      <title>{`leads in epoch ${band.leaderEpoch}${deposed === undefined ? '' : `; deposed at ${seconds(after)} s`}`}</title>
      <rect
        class="leads"
        x={x}
        width={w}
        y={y - frame.band / 2}
        height={frame.band}
        rx={2}
        fill={epochColour(band.leaderEpoch)}
      />
      {deposed !== undefined && stale > 1 && (
        <rect
          x={xDeposed}
          width={Math.max(1, x + w - xDeposed)}
          y={y - frame.band / 2}
          height={frame.band}
          fill="url(#deposed)"
        />
      )}
      {visible > 30 && (
        <text class="band-text" x={Math.max(x, 0) + 14} y={y + 4}>
          {visible > 106 ? `leads, epoch ${band.leaderEpoch}` : `e${band.leaderEpoch}`}
        </text>
      )}
      {stale > 60 && after < band.to && (
        <text class="band-text stale" x={Math.max(xDeposed, 0) + 14} y={y + 4}>
          {fitted('deposed, does not know', stale - 20, 5.9)}
        </text>
      )}
    </g>
  );
}

function Decision({
  band,
  machine,
  frame,
  trial,
}: {
  band: DecisionBand;
  machine: number;
  frame: Frame;
  trial: Trial;
}) {
  const { scale } = frame;
  const x = scale.x(band.from);
  const w = Math.max(1, scale.x(band.to) - x);
  const y = frame.y(machine);
  const visible = Math.min(x + w, scale.width) - Math.max(x, 0);
  const leader = band.leader < 0 ? 'nobody' : trial.names.machine(band.leader);
  const words = `${leader}, epoch ${band.leaderEpoch}, ISR ${brokerSet(band.isr)}`;
  const short = `${leader} ${brokerSet(band.isr)}`;
  return (
    <g>
      <title>{words}</title>
      <rect
        class={band.leader < 0 ? 'decision none' : 'decision'}
        x={x}
        width={Math.max(1, w - 1)}
        y={y - frame.band / 2}
        height={frame.band}
        rx={2}
        fill={band.leader < 0 ? 'none' : epochColour(band.leaderEpoch)}
      />
      {visible > 24 && (
        <text class="band-text" x={Math.max(x, 0) + 14} y={y + 4}>
          {fitted(words.length * 5.9 < visible - 18 ? words : short, visible - 18, 5.9)}
        </text>
      )}
    </g>
  );
}

export function Stripes() {
  return (
    <defs>
      <pattern id="deposed" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)">
        <line class="deposed-line" x1="0" y1="0" x2="0" y2="8" stroke-width="5" />
      </pattern>
    </defs>
  );
}
