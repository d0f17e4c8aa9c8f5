import fc from 'fast-check';
import type { AlteredSettings } from '../../model/system.js';
import type { Fault, Parameters } from '../fault.js';

const UNCHANGED = 'unchanged';

/**
 * What an operator does in the middle of an incident: kafka-configs --alter, while the topic is in use. Its parameters are the
 * settings, under their own names, with the values that they have from then on.
 */
export const settingsAltered: Fault = {
  name: 'settings-altered',
  sentence: 'Settings of a topic are altered while it is in use, as an administrator asks for it.',
  family: 'process',
  // Whoever it is: the topic need not have a leader.
  role: 'broker',
  harm: 'nothing',
  drawnIfListed: true,
  befalls: 'key',
  delaysRequests: false,
  label: 'settings',
  hue: 46,
  parameters: [
    {
      name: 'min.insync.replicas',
      sentence: 'How many replicas have to be in sync from then on, for acks=all; unchanged: as many as before.',
      oneOf: [UNCHANGED],
      range: [1, 30],
    },
    {
      name: 'unclean.leader.election.enable',
      sentence: 'true or false: whether a replica outside the ISR may lead from then on; unchanged: as before.',
      oneOf: [UNCHANGED, 'true', 'false'],
    },
  ],
  // What is altered, and to what, the spec says; what is drawn is when.
  arbitrary: () =>
    fc.record({
      'min.insync.replicas': fc.constant(UNCHANGED),
      'unclean.leader.election.enable': fc.constant(UNCHANGED),
    }),
  available: (view, _targets, parameters) =>
    view.key < 0 ? 'a machine is named, not a partition' : view.settingsAlterable(view.key, altered(parameters)),
  touches: (view) => view.assigned(view.key),
  begin(surface, _targets, parameters) {
    surface.alterSettings(surface.key, altered(parameters));
  },
  say: (parameters) => `and the others of its topic get ${settingWords(altered(parameters))}`,
};

function altered(parameters: Parameters): AlteredSettings {
  return Object.fromEntries(Object.entries(parameters).filter(([, value]) => value !== UNCHANGED));
}

/** "min.insync.replicas=1 and unclean.leader.election.enable=true" */
function settingWords(settings: AlteredSettings): string {
  const words = Object.entries(settings).map(([name, value]) => `${name}=${value}`);
  return words.length === 0 ? 'the settings that they have' : words.join(' and ');
}
