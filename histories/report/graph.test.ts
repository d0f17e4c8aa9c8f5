import { describe, expect, it } from 'vitest';
import { layOut, wrapped } from './graph.js';
import { storyOf } from './story.js';
import { cutOffLeader } from './testing/scenarios.js';

const { history, trace, judged } = cutOffLeader();
const { graph } = storyOf(history, trace, judged);

describe('the layout of a causal graph', () => {
  it('is the same every time', async () => {
    expect(await layOut(graph)).toEqual(await layOut(graph));
  });

  it('places every node, none over another, and ends in the anomaly', async () => {
    const { boxes, arrows } = await layOut(graph);
    expect(boxes.map((box) => box.id)).toEqual(graph.nodes.map((node) => node.id));
    expect(arrows).toHaveLength(graph.edges.length);
    for (const a of boxes) {
      for (const b of boxes) {
        const apart = a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
        expect(a.id === b.id || apart, `${a.rows.join(' ')} / ${b.rows.join(' ')}`).toBe(true);
      }
    }
    const rightmost = boxes.reduce((right, box) => (box.x > right.x ? box : right));
    expect(rightmost.kind).toBe('anomaly');
  });

  it('draws no more than 30 nodes', async () => {
    const nodes = Array.from({ length: 40 }, (_, id) => ({
      id,
      kind: 'other' as const,
      label: `n${id}`,
      detail: '',
      line: -1,
    }));
    const edges = nodes.slice(1).map((node) => ({ from: node.id - 1, to: node.id }));
    expect((await layOut({ nodes, edges })).boxes).toHaveLength(30);
  });

  it('breaks labels between words, and keeps a move from one offset to another together', () => {
    expect(wrapped('b1 follows b2, truncates 61 → 60', 28)).toEqual(['b1 follows b2, truncates', '61\u00a0→\u00a060']);
  });
});
