/** Why it could happen: the causal graph, laid out when the page was made. Click a box to step there. */
import { useRef } from 'preact/hooks';
import type { GraphArrow, GraphBox } from '../graph.js';
import type { PageAnomaly } from '../page-data.js';
import type { Story } from '../story.js';
import { CopyButton } from './parts.js';
import type { Position } from './position.js';
import { roleMarks } from './story-panel.js';
import { svgText } from './svg-text.js';

interface Props {
  anomaly: PageAnomaly | undefined;
  story: Story;
  position: Position;
  move: (change: Partial<Position>) => void;
}

export function Why({ anomaly, story, position, move }: Props) {
  const svg = useRef<SVGSVGElement>(null);
  const graph = anomaly?.graph ?? null;
  if (graph === null || anomaly === undefined) return null;
  const { judged } = anomaly;
  return (
    <section class="panel" aria-label="Why">
      <div class="bar">
        <h2>Why it could happen</h2>
        <span class="grow" />
        <CopyButton label="The graph as SVG" text={() => svgText(svg.current!)}>
          SVG
        </CopyButton>
      </div>
      <p>{story.why}</p>
      <p class="quiet">
        {judged.requirement !== null && `requirement ${judged.requirement} · `}
        {judged.licence !== null && `licence: ${judged.licence.words} · `}
        {judged.guarantee !== null && `guarantee broken: ${judged.guarantee} · `}
        {judged.anomaly.type}
        {judged.anomaly.preventedBy !== null &&
          ` · prevented by ${judged.anomaly.preventedBy.setting}=${judged.anomaly.preventedBy.value}`}
      </p>
      <div class="graph">
        <svg
          ref={svg}
          viewBox={`0 0 ${graph.width} ${graph.height}`}
          style={{ maxWidth: `${graph.width}px` }}
          role="img"
          aria-label={`Causal graph: ${graph.arrows.map((arrow) => `${label(graph.boxes, arrow.from)} leads to ${label(graph.boxes, arrow.to)}`).join('; ')}`}
        >
          <defs>
            <marker
              id="cause"
              class="head other"
              viewBox="0 0 8 8"
              refX="7"
              refY="4"
              markerWidth="7"
              markerHeight="7"
              orient="auto"
            >
              <path d="M0 0.8 L7.4 4 L0 7.2 z" />
            </marker>
          </defs>
          {graph.arrows.map((arrow) => (
            <path class="cause-edge" d={pathOf(arrow)} marker-end="url(#cause)" />
          ))}
          {graph.boxes.map((box) => (
            <Box box={box} current={box.line >= 0 && box.line === position.step && position.event < 0} move={move} />
          ))}
        </svg>
      </div>
    </section>
  );
}

function Box({ box, current, move }: { box: GraphBox; current: boolean; move: Props['move'] }) {
  const mark = box.kind === 'setting' ? '⚙' : box.kind === 'anomaly' ? '✗' : roleMarks[box.kind];
  return (
    <g
      class={`box ${box.kind} ${current ? 'current' : ''} ${box.line >= 0 ? 'link' : ''}`}
      onClick={() => box.line >= 0 && move({ step: box.line, event: -1 })}
    >
      <rect x={box.x} y={box.y} width={box.width} height={box.height} rx={box.kind === 'setting' ? 14 : 4} />
      {box.rows.map((row, i) => (
        <text x={box.x + 12} y={box.y + 22 + i * 16}>
          {i === 0 ? `${mark} ${row}` : row}
        </text>
      ))}
      {box.detailRows.map((row, i) => (
        <text class="detail" x={box.x + 12} y={box.y + 22 + box.rows.length * 16 + i * 14}>
          {row}
        </text>
      ))}
    </g>
  );
}

function label(boxes: readonly GraphBox[], id: number): string {
  return boxes.find((box) => box.id === id)?.rows.join(' ') ?? '';
}

/** Splines come as control points in threes; anything else is a line from point to point. */
function pathOf({ points }: GraphArrow): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  const pair = (point: { x: number; y: number }): string => `${point.x} ${point.y}`;
  const curved = rest.length % 3 === 0;
  let path = `M${pair(first)}`;
  if (curved) {
    for (let i = 0; i + 2 < rest.length; i += 3)
      path += ` C${pair(rest[i]!)}, ${pair(rest[i + 1]!)}, ${pair(rest[i + 2]!)}`;
  } else for (const point of rest) path += ` L${pair(point)}`;
  return path;
}
