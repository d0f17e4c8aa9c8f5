/** A story as a Mermaid sequence diagram, to be pasted into an issue or a page. */
import type { Story } from '../story.js';
import { seconds, type Names } from '../words.js';

const arrow = /^(\S+) (→|←) (\S+)\s+(.*)$/;

/** @param machines those that take part, in the order of the lanes */
export function mermaidOf(story: Story, names: Names, machines: readonly number[]): string {
  const lines = ['sequenceDiagram'];
  for (const machine of machines) lines.push(`  participant ${names.machine(machine)}`);
  const everybody = machines.map((machine) => names.machine(machine));
  const all = [...new Set([everybody[0], everybody.at(-1)])].join(',');
  for (const line of story.lines) {
    const message = arrow.exec(line.text);
    const note = line.note === null ? '' : ` (${line.note.replace('← ', '')})`;
    const at = `${seconds(line.atMicros)} `;
    if (message !== null && everybody.includes(message[1]!) && everybody.includes(message[3]!)) {
      const [from, to] = message[2] === '→' ? [message[1], message[3]] : [message[3], message[1]];
      lines.push(`  ${from}->>${to}: ${clean(at + message[4]! + note)}`);
      continue;
    }
    const over = machines.includes(line.lane) ? names.machine(line.lane) : all;
    lines.push(`  Note over ${over}: ${clean(at + line.text + note)}`);
  }
  return lines.join('\n') + '\n';
}

/** Semicolons and hashes end a statement or begin an entity in Mermaid. */
function clean(text: string): string {
  return text.replaceAll(';', ',').replaceAll('#', 'no. ').replaceAll(/\s+/g, ' ');
}
