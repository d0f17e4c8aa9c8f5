/** The command as it was typed, for reports: without the values of settings that the model does not act on. */
import { scopes, settingsTable } from '../settings/table.js';
import type { Context } from './context.js';

export function commandLine({ argv }: Pick<Context, 'argv'>): string {
  const words = argv.map((word, index) => {
    const before = argv[index - 1];
    if (before === '--set' || before === '--vary') return withoutSecret(word);
    const joined = /^(--set|--vary)=(.*)$/s.exec(word);
    return joined === null ? word : `${joined[1]}=${withoutSecret(joined[2]!)}`;
  });
  return ['npx harrow', ...words.map(quoted)].join(' ');
}

/** Harrow's own keys are no settings of Kafka's, and no secrets. */
function withoutSecret(assignment: string): string {
  const at = assignment.indexOf('=');
  const name = assignment.slice(0, at).replace(/^.*:/, '');
  const table = settingsTable('3.9');
  const bearings = scopes.flatMap((scope) => table[scope].get(name)?.bearing.bearing ?? []);
  return bearings.length === 0 || bearings.includes('modelled') ? assignment : `${assignment.slice(0, at)}=…`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./…-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`;
}
