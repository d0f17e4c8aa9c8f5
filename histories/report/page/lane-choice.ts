/** Which machines get a lane: those that the story needs, clients above, brokers, controllers below. */
import type { Story } from '../story.js';
import type { Trial } from './trial.js';

export interface LaneChoice {
  readonly shown: readonly number[];
  readonly hidden: number;
}

const MOST_CLIENTS = 3;

export function lanesFor(trial: Trial, story: Story, all: boolean): LaneChoice {
  const { names, reader, replay, history } = trial;
  const { machines } = reader.header;
  // Number 0 is nobody.
  const numbers = machines.map((_, number) => number).slice(1);
  const isBroker = (machine: number): boolean => names.hasRole(machine, 'broker');
  const isController = (machine: number): boolean => names.hasRole(machine, 'controller') && !isBroker(machine);
  const clients = numbers.filter((machine) => !isBroker(machine) && !isController(machine));
  const inStory = new Set<string>();
  for (const { operation } of story.lines) {
    if (operation !== null) inStory.add(history.operations[operation]?.client ?? '');
  }
  const concerned = clients.filter((machine) => inStory.has(names.machine(machine)));
  const few = concerned.length > 0 ? concerned : clients.slice(0, 2);
  const hosts = new Set(replay.hosts(story.focus.key));
  const shown = [
    ...(all ? clients : few.slice(0, MOST_CLIENTS)),
    ...numbers.filter((machine) => isBroker(machine) && (all || hosts.has(machine))),
    ...numbers.filter(isController),
  ];
  return { shown, hidden: numbers.length - shown.length };
}
