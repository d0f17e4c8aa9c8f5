import { noParameters, type Fault } from '../fault.js';

/**
 * What an operator does to replace or to move a controller: kafka-metadata-quorum remove-controller, and add-controller
 * when the strike ends. Meanwhile it runs on, as an observer. (KIP-853)
 */
export const voterRemoved: Fault = {
  name: 'voter-removed',
  sentence: 'A controller is removed from the voters of the metadata quorum and added again, as an administrator asks.',
  family: 'process',
  role: 'voter',
  harm: 'nothing',
  drawnIfListed: true,
  delaysRequests: false,
  label: 'no voter',
  hue: 44,
  ...noParameters,
  available: (view, [machine]) => view.voterRemovable(machine),
  begin(surface, [machine]) {
    surface.removeVoter(machine);
  },
  say: () => 'is removed from the voters of the metadata quorum, and added again',
};
