/**
 * Virtual time to the horizontal. Linear, or "story": stretched where the story happens and compressed where nothing
 * does, piece by piece between its moments, so that 8 ms of sending and 9 s of waiting fit one picture. Every
 * compressed stretch is marked on the axis with its length.
 */

export interface Piece {
  readonly from: number;
  readonly to: number;
  readonly x0: number;
  readonly x1: number;
  /** Much more time in a pixel than in the finest piece: drawn with a break. */
  readonly compressed: boolean;
}

export interface TimeScale {
  readonly from: number;
  readonly to: number;
  readonly width: number;
  readonly pieces: readonly Piece[];
  x(micros: number): number;
  time(x: number): number;
}

export function linearScale(from: number, to: number, width: number): TimeScale {
  return scaleOf([{ from, to: Math.max(to, from + 1), x0: 0, x1: width, compressed: false }], width);
}

/** Pieces narrower than this would let neighbouring moments overlap. */
const LEAST_WEIGHT = 0.55;
const COMPRESSION = 25;

/** @param moments times that deserve room; those outside the window are ignored */
export function storyScale(from: number, to: number, width: number, moments: readonly number[]): TimeScale {
  const inside = moments.filter((moment) => moment > from && moment < to);
  const knots = [...new Set([from, ...inside, Math.max(to, from + 1)])].sort((a, b) => a - b);
  if (knots.length <= 2) return linearScale(from, to, width);
  // The logarithm of its length, so that a thousandfold of time gets room, but not a thousandfold of it.
  const weights = knots.slice(1).map((knot, i) => LEAST_WEIGHT + Math.log10(1 + (knot - knots[i]!) / 1000));
  // Before the first moment and after the last nothing is told: little room.
  const last = weights.length - 1;
  weights[0] = Math.min(weights[0]!, 1);
  weights[last] = Math.min(weights[last]!, 1);
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const widths = weights.map((weight) => (weight / total) * width);
  const finest = Math.min(...widths.map((piece, i) => (knots[i + 1]! - knots[i]!) / piece));
  let x = 0;
  const pieces = widths.map((piece, i): Piece => {
    const x0 = x;
    x += piece;
    const perPixel = (knots[i + 1]! - knots[i]!) / piece;
    return { from: knots[i]!, to: knots[i + 1]!, x0, x1: x, compressed: perPixel > finest * COMPRESSION };
  });
  return scaleOf(pieces, width);
}

function scaleOf(pieces: readonly Piece[], width: number): TimeScale {
  const from = pieces[0]!.from;
  const to = pieces.at(-1)!.to;
  return {
    from,
    to,
    width,
    pieces,
    x(micros) {
      const clamped = Math.min(Math.max(micros, from), to);
      const piece = pieces.find((candidate) => clamped <= candidate.to)!;
      return piece.x0 + ((clamped - piece.from) / (piece.to - piece.from)) * (piece.x1 - piece.x0);
    },
    time(x) {
      const clamped = Math.min(Math.max(x, 0), width);
      const piece = pieces.find((candidate) => clamped <= candidate.x1) ?? pieces.at(-1)!;
      return piece.from + ((clamped - piece.x0) / (piece.x1 - piece.x0)) * (piece.to - piece.from);
    },
  };
}

export interface Tick {
  readonly micros: number;
  readonly x: number;
  /** Seconds, with as many decimals as this part of the axis needs. */
  readonly label: string;
}

/** Round times for a linear scale, `roughly` that many; the moments themselves for a story scale. */
export function ticks(scale: TimeScale, roughly: number): readonly Tick[] {
  if (scale.pieces.length > 1) {
    return scale.pieces.slice(1).map(({ from, x0 }) => ({ micros: from, x: x0, label: (from / 1e6).toFixed(3) }));
  }
  const span = scale.to - scale.from;
  let step = 1;
  for (let power = 1; power <= 1e9; power *= 10) {
    const found = [1, 2, 5].map((factor) => factor * power).find((candidate) => span / candidate <= roughly);
    if (found !== undefined) {
      step = found;
      break;
    }
  }
  const decimals = step >= 1_000_000 ? 0 : step >= 1000 ? 3 : 6;
  const found: Tick[] = [];
  for (let micros = Math.ceil(scale.from / step) * step; micros <= scale.to; micros += step) {
    found.push({ micros, x: scale.x(micros), label: (micros / 1e6).toFixed(decimals) });
  }
  return found;
}
