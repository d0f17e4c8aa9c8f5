/** What a node is (process.roles): a broker, a controller, or both. */
import type { ControlPlane } from '../../model/kafka/protocol/versions/rule.js';

const roles: readonly string[] = ['broker', 'controller'];

/** The words of it that name no role. */
export function strangeRoles(text: string): readonly string[] {
  return rolesIn(text).filter((role) => !roles.includes(role));
}

/** Nodes are both. One file stands for all, so a role alone says nothing of the others. */
export function hasCombinedRoles(mode: ControlPlane, text: string | undefined): boolean {
  return mode === 'kraft' && text !== undefined && roles.every((role) => rolesIn(text).includes(role));
}

function rolesIn(text: string): readonly string[] {
  return text
    .split(',')
    .map((role) => role.trim())
    .filter((role) => role !== '');
}
