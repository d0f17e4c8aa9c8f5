/** The verbs, their options, and what errors mean for the exit status. Each verb is a file in `commands/`. */
import { Command, CommanderError } from 'commander';
import { addRunOptions, campaign } from './commands/campaign.js';
import { check } from './commands/check.js';
import { compare } from './commands/compare.js';
import { type Context, sayAside } from './commands/context.js';
import { doctor } from './commands/doctor.js';
import { explain } from './commands/explain.js';
import { guaranteesOf } from './commands/guarantees.js';
import { init } from './commands/init.js';
import { listFaults, listSettings, listSituations, presets } from './commands/lists.js';
import { replay } from './commands/replay.js';
import { report } from './commands/report.js';
import { shrink } from './commands/shrink.js';
import { addSpecOptions, collect, varyOption } from './commands/spec-options.js';
import { versions } from './commands/versions.js';
import { HarrowFailure } from './engine.js';
import { Exit, type ExitCode } from './outcome.js';
import { SpecError, UsageError } from './spec/problems.js';
import { StoreError } from './store/atomic.js';
import { harrowVersion } from './version.js';

/** Runs one command line and returns its exit status; throws nothing. */
export async function runCommandLine(context: Context): Promise<ExitCode> {
  let exit: ExitCode = Exit.expected;
  const program = commands(context, (code) => (exit = code));
  try {
    await program.parseAsync([...context.argv], { from: 'user' });
    return exit;
  } catch (error) {
    return failure(context, error);
  }
}

function commands(context: Context, finish: (code: ExitCode) => void): Command {
  const program = new Command('harrow')
    .description('Fault injection for Kafka: every run reproduces from a seed, byte for byte.')
    .version(harrowVersion())
    .showSuggestionAfterError()
    .addHelpText('after', firstSteps)
    .configureOutput({
      writeOut: (text) => context.stdout.write(text),
      writeErr: (text) => context.stderr.write(text),
    })
    .exitOverride();
  const verb = (name: string, description: string): Command =>
    program.command(name).description(description).helpOption('-h, --help', 'what this verb takes');
  const done =
    <Arguments extends unknown[]>(run: (...args: Arguments) => ExitCode | Promise<ExitCode>) =>
    async (...args: Arguments): Promise<void> =>
      finish(await run(...args));

  addRunOptions(verb('campaign', 'many trials of a spec, a preset or property files'), '1000')
    .argument('[spec]', 'a spec file or the name of a preset')
    .addOption(varyOption())
    .action(done((spec, options) => campaign(context, spec, options)));
  addRunOptions(verb('compare', 'every variant on the same seeds and faults'), '1000')
    .argument('[spec]', 'a spec file or the name of a preset')
    .addOption(varyOption())
    .action(done((spec, options) => compare(context, spec, options)));
  addSpecOptions(verb('replay', 'one trial again, exactly'))
    .argument('<trial|seed>', 'the folder of a kept trial, or a seed')
    .argument('[spec]', 'for a seed: a spec, a preset, or the folder of a campaign')
    .option('--variant <name>', 'for a campaign with variants: which')
    .option('--trace', 'print every event')
    .option('--json', 'print one JSON object')
    .action(done((what, spec, options) => replay(context, what, spec, options)));
  verb('shrink', 'the smallest trial with the same anomaly')
    .argument('<trial>', 'the folder of a kept trial')
    .option('--attempts <n>', 'how many smaller trials to try', '1000')
    .option('--anomaly <type>', 'which of several')
    .option('--out <folder>', 'where to keep it (default: beside the trial)')
    .option('--json', 'print one JSON object')
    .action(done((trial, options) => shrink(context, trial, options)));
  verb('explain', 'the story of a trial, or what a word means')
    .argument(
      '<trial|word>',
      'a kept trial; or a requirement, anomaly, setting, fault, situation, rule, defect or preset',
    )
    .action(done((what) => explain(context, what)));
  verb('check', 'the checkers on any history')
    .argument('<file>', "a history (harrow/history or Jepsen's EDN, .gz too), or the folder of a kept trial")
    .option('--require <names>', "requirements, comma-separated (default: those of a kept trial's spec)", collect, [])
    .option(
      '--assume <list>',
      'without a trace: acks=all,no-data-loss and the like, so that guarantees are judged',
      collect,
      [],
    )
    .option('--compat <tool>', 'jepsen: its anomalies, and its judgement of them')
    .option(
      '--also <list>',
      'what Kafka allows too: idempotent-gap, int-send-skip, ww-deps, rw-deps, lists, realtime-lag',
      collect,
      [],
    )
    .option('--max-lag <duration>', 'polls that lag behind by more are unsafe')
    .option('--to <file>', 'write the history there: as .edn, .jsonl or .shiviz (ShiViz), each .gz too')
    .option('--json', 'print one JSON object')
    .action(done((file, options) => check(context, file, options)));
  verb('report', 'write the HTML page of a trial or a campaign')
    .argument('<trial|campaign>', 'its folder')
    .option('--out <file>', 'where to (default: report.html in its folder)')
    .action(done((path, options) => report(context, path, options)));
  verb('presets', 'specs that answer a question')
    .argument('[name]', 'one of them')
    .option('--show', 'print its file')
    .option('--json', 'print JSON')
    .action(done((name, options) => presets(context, name, options)));
  verb('faults', 'what can break')
    .argument('[part]', 'of a name')
    .option('--json', 'print JSON')
    .action(done((part, options) => listFaults(context, part, options)));
  verb('situations', 'what trials can reach')
    .argument('[part]', 'of a name')
    .option('--json', 'print JSON')
    .action(done((part, options) => listSituations(context, part, options)));
  verb('versions', 'which rules each Kafka release has, and which defects it had')
    .argument('[release]', 'one of them, in sentences')
    .option('--json', 'print JSON')
    .action(done((release, options) => versions(context, release, options)));
  verb('settings', "Kafka's settings, and what each has to do with safety")
    .argument('[part]', 'of a name')
    .option('--kafka <version>', 'of which release', '3.9')
    .option('--scope <scope>', 'broker, topic, producer or consumer')
    .option('--bearing <bearing>', 'modelled, none or not-modelled')
    .option('--json', 'print JSON')
    .action(done((part, options) => listSettings(context, part, options)));
  verb('init', 'write a first spec')
    .argument('[file]', 'its name', 'harrow.yaml')
    .action(done((file) => init(context, file)));
  addSpecOptions(verb('doctor', "this machine's determinism, or a spec's suspicious settings"))
    .argument('[spec]', 'a spec file or the name of a preset')
    .action(done((spec, options) => doctor(context, spec, options)));
  addSpecOptions(verb('guarantees', 'what settings guarantee and what they do not, before anything runs'))
    .argument('[spec]', 'a spec file or the name of a preset (none: every guarantee there is)')
    .option('--json', 'print one JSON object')
    .action(done((spec, options) => guaranteesOf(context, spec, options)));
  for (const [later, instead] of Object.entries(notInThisBuild)) {
    program
      .command(later, { hidden: true })
      .allowUnknownOption()
      .allowExcessArguments()
      .action(() => {
        throw new UsageError(`harrow ${later} is not in this build: ${instead}`);
      });
  }
  return program;
}

/** Verbs that are planned, and what there is in their place. */
const notInThisBuild: Readonly<Record<string, string>> = {
  bugs: 'npx harrow versions RELEASE lists the known bugs of a release, npx harrow explain KAFKA-13141 tells of one, and a campaign with --as-released has them',
  exhaust: 'faults are drawn by chance; one that a spec lists with from: and to: strikes in every trial',
  gateway: 'the cluster is simulated; code of your own runs against it in vitest (README)',
  serve: 'report.html of a trial or a campaign is one file that any browser opens',
  merge: 'a campaign runs on one machine: --workers',
};

const firstSteps = `
First steps:
  npx harrow presets                     questions, and a spec that answers each
  npx harrow compare acks-1 --vary acks=1,all --seeds 200
  npx harrow init && npx harrow campaign harrow.yaml
  npx harrow campaign --server server.properties --producer producer.properties
  npx harrow explain acks                what any word means: a setting, a fault, an anomaly, a word of a verdict

Exit status: 0 as expected, 1 unsafe or a bug, 2 undecided, 3 partial, 4 nothing was tested, 64 bad usage, 70 Harrow failed,
130 interrupted.`;

/** Says what went wrong and chooses the exit status. */
function failure(context: Context, error: unknown): ExitCode {
  if (error instanceof CommanderError) {
    // Help and version end this way too; commander has printed everything.
    return error.exitCode === 0 ? Exit.expected : Exit.badUsage;
  }
  if (error instanceof SpecError || error instanceof UsageError) {
    sayAside(context, error.message);
    return Exit.badUsage;
  }
  if (error instanceof StoreError || error instanceof HarrowFailure) {
    sayAside(context, error.message);
    return Exit.harrowFailed;
  }
  const words = error instanceof Error ? (error.stack ?? error.message) : String(error);
  sayAside(context, `Harrow failed: ${words}`);
  return Exit.harrowFailed;
}
