/** Where lanes lie and how time runs: what every part of the drawing of lanes needs. */
import type { Message } from '../drawing/messages.js';
import { linearScale, storyScale, type TimeScale } from '../drawing/time-scale.js';
import type { Story, StoryLine } from '../story.js';

export const LABELS = 96;
export const RIGHT = 14;
export const TOP = 20;
export const AXIS = 26;
const LEAST_LANE = 34;
/** Radius of a step's number. */
export const MARK = 7.5;

export interface Frame {
  readonly scale: TimeScale;
  readonly lanes: readonly number[];
  readonly laneHeight: number;
  readonly height: number;
  /** Height of a leader's band. */
  readonly band: number;
  /** How far below the middle of a lane the numbers of steps stand: under the band, which carries words. */
  readonly below: number;
  /** The middle of a machine's lane; -1: it has none. */
  y(machine: number): number;
}
/** @param moments times that deserve room on the story scale */
export function frameOf(
  lanes: readonly number[],
  { from, to, toScale }: { from: number; to: number; toScale: boolean },
  { width, height: room }: { width: number; height: number },
  moments: readonly number[],
): Frame {
  const plot = Math.max(120, width - LABELS - RIGHT);
  const scale = toScale ? linearScale(from, to, plot) : storyScale(from, to, plot, moments);
  const laneHeight = Math.max(LEAST_LANE, Math.floor((room - TOP - AXIS) / Math.max(1, lanes.length)));
  const band = laneHeight < 58 ? 13 : 17;
  const below = band / 2 + MARK + 1.5;
  return {
    scale,
    lanes,
    laneHeight,
    band,
    below: laneHeight >= 2 * (below + MARK) ? below : 0,
    height: TOP + laneHeight * lanes.length + AXIS,
    y(machine) {
      const lane = lanes.indexOf(machine);
      return lane < 0 ? -1 : TOP + laneHeight * (lane + 0.5);
    },
  };
}

const MOST_MOMENTS = 22;

/** Times that the story scale gives room: its lines, and the ends of the messages that carry what it is about. */
export function momentsOf(story: Story, focused: readonly Message[]): readonly number[] {
  const moments = story.lines.map((line) => line.atMicros);
  for (const { sentAt, receivedAt } of focused) {
    for (const moment of [sentAt, receivedAt]) {
      const near = moments.some((other) => Math.abs(other - moment) < 60);
      if (moment >= 0 && !near && moments.length < MOST_MOMENTS) moments.push(moment);
    }
  }
  return moments;
}

export interface Place {
  readonly x: number;
  readonly y: number;
  readonly line: StoryLine;
  readonly step: number;
}

/** The number of each line stands at its moment on its machine's lane; those that would cover another move down. */
export function numberPlaces(story: Story, frame: Frame): readonly Place[] {
  const places: Place[] = [];
  story.lines.forEach((line, step) => {
    if (line.atMicros < frame.scale.from || line.atMicros > frame.scale.to) return;
    const lane = frame.y(line.lane);
    const x = frame.scale.x(line.atMicros);
    let y = lane >= 0 ? lane + frame.below : TOP + 8;
    for (const other of places) if (Math.abs(other.x - x) < 15 && Math.abs(other.y - y) < 15) y = other.y + 15;
    places.push({ x, y, line, step });
  });
  return places;
}

/** As much of a text as fits so many pixels. */
export function fitted(text: string, pixels: number, perCharacter: number): string {
  const most = Math.floor(pixels / perCharacter);
  if (text.length <= most) return text;
  return most < 4 ? '' : `${text.slice(0, most - 1)}…`;
}
