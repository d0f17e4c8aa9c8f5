/** The causal graph laid out by ELK when a page is made: positions only; the page draws. Equal graphs, equal layouts. */
import ELKModule from 'elkjs/lib/elk.bundled.js';
import type { ElkExtendedEdge, ElkNode } from 'elkjs/lib/elk.bundled.js';
import type { CausalGraph, CausalNode } from './story.js';

export interface GraphBox {
  readonly id: number;
  readonly kind: CausalNode['kind'];
  /** The label in rows that fit the box. */
  readonly rows: readonly string[];
  /** Smaller rows below: time and note. */
  readonly detailRows: readonly string[];
  /** Line of the story; -1: none. */
  readonly line: number;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}
export interface GraphArrow {
  readonly from: number;
  readonly to: number;
  readonly points: readonly { readonly x: number; readonly y: number }[];
}
export interface LaidOutGraph {
  readonly width: number;
  readonly height: number;
  readonly boxes: readonly GraphBox[];
  readonly arrows: readonly GraphArrow[];
}

const MOST_NODES = 30;
const ROW_CHARACTERS = 29;
const CHARACTER_WIDTH = 6.9;
/** What went wrong stands in bold. */
const BOLD = 1.14;
const ROW_HEIGHT = 16;
const DETAIL_HEIGHT = 14;
const PADDING = 12;

// The package is CommonJS: what Node imports is the class, or an object that holds it.
type ElkClass = typeof ELKModule;
const ELK = (ELKModule as ElkClass & { readonly default?: ElkClass }).default ?? ELKModule;

export async function layOut(graph: CausalGraph): Promise<LaidOutGraph> {
  const nodes = graph.nodes.slice(0, MOST_NODES).map((node) => ({ node, ...boxOf(node) }));
  const ids = new Set(nodes.map(({ node }) => node.id));
  const edges = graph.edges.filter((edge) => ids.has(edge.from) && ids.has(edge.to));
  const root: ElkNode = {
    id: 'root',
    layoutOptions: {
      'elk.algorithm': 'layered',
      'elk.direction': 'RIGHT',
      'elk.randomSeed': '1',
      'elk.edgeRouting': 'SPLINES',
      'elk.spacing.nodeNode': '18',
      'elk.layered.spacing.nodeNodeBetweenLayers': '44',
      'elk.layered.considerModelOrder.strategy': 'NODES_AND_EDGES',
      'elk.layered.nodePlacement.strategy': 'NETWORK_SIMPLEX',
      'elk.padding': '[top=8,left=8,bottom=8,right=8]',
    },
    children: nodes.map(({ node, width, height }) => ({
      id: `n${node.id}`,
      width,
      height,
      ...(node.kind === 'anomaly' ? { layoutOptions: { 'elk.layered.layering.layerConstraint': 'LAST' } } : {}),
    })),
    edges: edges.map((edge, i): ElkExtendedEdge => ({
      id: `e${i}`,
      sources: [`n${edge.from}`],
      targets: [`n${edge.to}`],
    })),
  };
  const elk = new ELK();
  const laidOut = await elk.layout(root);
  const placed = new Map((laidOut.children ?? []).map((child) => [child.id, child]));
  return {
    width: Math.ceil(laidOut.width ?? 0),
    height: Math.ceil(laidOut.height ?? 0),
    boxes: nodes.map(({ node, rows, detailRows, width, height }) => {
      const { x = 0, y = 0 } = placed.get(`n${node.id}`) ?? {};
      return { id: node.id, kind: node.kind, rows, detailRows, line: node.line, x, y, width, height };
    }),
    arrows: (laidOut.edges ?? []).map((edge, i) => ({ ...edges[i]!, points: pointsOf(edge) })),
  };
}

function boxOf(node: CausalNode): Pick<GraphBox, 'rows' | 'detailRows' | 'width' | 'height'> {
  const rows = wrapped(node.label, ROW_CHARACTERS);
  const detailRows = wrapped(node.detail, ROW_CHARACTERS + 5);
  // The first row carries a mark before its words.
  const lengths = [
    rows[0]!.length + 2,
    ...rows.map((row) => row.length),
    ...detailRows.map((row) => row.length * 0.87),
  ];
  return {
    rows,
    detailRows,
    width: Math.ceil(Math.max(...lengths) * CHARACTER_WIDTH * (node.kind === 'anomaly' ? BOLD : 1)) + 2 * PADDING,
    height: rows.length * ROW_HEIGHT + detailRows.length * DETAIL_HEIGHT + 2 * PADDING - 5,
  };
}

/** Rows of at most so many characters, broken between words. */
export function wrapped(text: string, characters: number): readonly string[] {
  const rows: string[] = [];
  // "1 → 0" stays together: its spaces become such as do not break.
  for (const word of text.replaceAll(/(\S) → (\S)/g, '$1\u00a0→\u00a0$2').split(' ')) {
    const row = rows.at(-1);
    if (row !== undefined && row.length + 1 + word.length <= characters) rows[rows.length - 1] = `${row} ${word}`;
    else if (word !== '') rows.push(word);
  }
  return rows;
}

function pointsOf(edge: ElkExtendedEdge): GraphArrow['points'] {
  return (edge.sections ?? []).flatMap((section) => [
    section.startPoint,
    ...(section.bendPoints ?? []),
    section.endPoint,
  ]);
}
