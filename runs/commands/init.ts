/** harrow init: a first spec, commented. */
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { basename, extname } from 'node:path';
import { ioReason } from '../files.js';
import { Exit, type ExitCode } from '../outcome.js';
import { UsageError } from '../spec/problems.js';
import { writeAll } from '../store/atomic.js';
import { type Context, say } from './context.js';

/** The smallest spec that says something: three brokers, acks=1, and the two faults that show what that costs. */
function firstSpec(name: string): string {
  return `# yaml-language-server: $schema=./node_modules/harrow/spec.schema.json
# Run it:  npx harrow campaign ${name}
kafka: "3.9"                          # the release: its rules and its defaults
brokers: 3
topic:                                # Kafka's settings under Kafka's names; what is not here has Kafka's default
  replication.factor: 3
  min.insync.replicas: 2
producer:
  acks: 1                             # one broker is asked: try all
faults: [leader-cut-off, broker-killed]   # npx harrow faults lists them; without this line all are drawn
require: [no-lost-writes]             # what you need, whatever Kafka guarantees
`;
}

export function init(context: Context, file: string): ExitCode {
  if (!['.yaml', '.yml'].includes(extname(file))) throw new UsageError(`${file}: name it .yaml`);
  if (existsSync(file)) throw new UsageError(`${file} exists already; nothing was written`);
  try {
    // 'wx': another process may be writing it at this moment.
    const opened = openSync(file, 'wx');
    try {
      writeAll(opened, firstSpec(file));
    } catch (error) {
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(opened);
    }
  } catch (error) {
    throw new UsageError(`cannot write ${file}: ${ioReason(error)}`);
  }
  say(context, `wrote ${file}\n\n  npx harrow campaign ${file}   runs it (${basename(file)} says what is what)`);
  return Exit.expected;
}
