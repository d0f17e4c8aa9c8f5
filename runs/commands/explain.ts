/** harrow explain: the story of a trial's anomalies, or what a word means. */
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { storyOf } from '../../histories/report/story.js';
import { anomalies } from '../anomaly-words.js';
import { faults, refusedRequirements, requirements, situations } from '../catalogue.js';
import { Exit, type ExitCode } from '../outcome.js';
import { verdictMark } from '../reporters/paint.js';
import { anomaliesText } from '../reporters/trial-text.js';
import { labelled } from '../reporters/words.js';
import { rowsWithSettings, scopes, settingsTable } from '../settings/table.js';
import { loadPresets, type Preset } from '../presets/presets.js';
import { didYouMean } from '../spec/nearest.js';
import { UsageError } from '../spec/problems.js';
import { gaps, guarantees, informational, invariants, licenceWords, maxLag } from '../../checkers/kafka/api.js';
import { defectIds } from '../../model/kafka/protocol/versions/defects.js';
import { knownEntries } from '../../model/kafka/protocol/versions/known-bugs.js';
import { ruleNames, specName } from '../../model/kafka/protocol/versions/rules.js';
import { type Context, paintOf, say } from './context.js';
import { defectMeaning, knownBugMeaning, ruleMeaning, sourceMeaning } from './explain-protocol.js';
import { specKeyMeaning, streamsSettingMeaning, wordsOfSpecs } from './explain-spec.js';
import { wordMeaning, wordsOfResults } from './explain-words.js';
import { readHistoryFile } from './history-files.js';
import { keptSpecPath, loadKeptTrial, readStoredTrace, readStoredVerdict } from './trial-files.js';

export function explain(context: Context, what: string): ExitCode {
  const meaning = meaningOf(what);
  if (meaning.length > 0) {
    say(context, meaning.join('\n'));
    return Exit.expected;
  }
  if (!existsSync(what)) {
    const hint = didYouMean(what, allWords());
    const lists = hint === '' ? ' (lists: presets, faults, situations, settings, versions, guarantees)' : '';
    throw new UsageError(`${what} is neither a kept trial nor a word that Harrow knows${hint}${lists}`);
  }
  explainTrial(context, what);
  return Exit.expected;
}

/** From what was kept; a spec.yaml alone is run again. */
function explainTrial(context: Context, path: string): void {
  const paint = paintOf(context);
  const files = ['history.jsonl.gz', 'trace.jsonl.gz', 'verdict.json'].map((name) => join(path, name));
  if (statSync(path).isDirectory() && files.every((file) => existsSync(file))) {
    const [historyPath, tracePath, verdictPath] = files as [string, string, string];
    const history = readHistoryFile(historyPath);
    const trace = readStoredTrace(tracePath);
    const verdict = readStoredVerdict(verdictPath);
    say(context, `${verdictMark(verdict.verdict, paint)}   ${verdict.name}, seed ${verdict.seed}`);
    say(
      context,
      anomaliesText(verdict.anomalies, verdict.reasons, (judged) => storyOf(history, trace, judged), paint),
    );
    return;
  }
  if (keptSpecPath(path) === null) throw new UsageError(`${path}: no kept trial there (no spec.yaml)`);
  const { spec, seed, plan } = loadKeptTrial(path);
  const { verdict, history, trace } = context.engine.runTrial(spec, seed, plan);
  say(context, `${verdictMark(verdict.verdict, paint)}   ${spec.name}, seed ${seed}`);
  say(
    context,
    anomaliesText(verdict.anomalies, verdict.reasons, (judged) => storyOf(history, trace, judged), paint),
  );
}

/** A word may be several things: a requirement and an anomaly (key-order), a setting of several scopes. */
function meaningOf(word: string): string[] {
  const presets = loadPresets();
  const meanings = [
    ...requirementMeaning(word, presets),
    ...anomalyMeaning(word, presets),
    ...faultMeaning(word, presets),
    ...situationMeaning(word, presets),
    ...ruleMeaning(word, paragraph),
    ...defectMeaning(word, paragraph),
    ...knownBugMeaning(word, paragraph),
    ...sourceMeaning(word, paragraph),
    ...guarantees
      .filter(({ id }) => id === word)
      .map(({ sentence, source, assumptions }) =>
        paragraph('guarantee', [sentence, ...assumptions.map((one) => `Assumed: ${one}`), `(${source})`].join(' ')),
      ),
    ...gaps
      .filter(({ id }) => id === word)
      .map(({ sentence, source, closedBy }) =>
        paragraph('left open', `${sentence} Closed by ${closedBy ?? 'no setting'}. (${source})`),
      ),
    ...licenceMeaning(word),
    ...foundAsMeaning(word),
    ...informational.filter(({ name }) => name === word).map(({ sentence }) => paragraph('check --also', sentence)),
    ...(word === lagRequirement.name
      ? [paragraph('requirement', `${lagRequirement.sentence} Of check --max-lag alone.`)]
      : []),
    ...verdictMeaning(word),
    ...wordMeaning(word, paragraph),
    ...settingMeaning(word, presets),
    ...streamsSettingMeaning(word, paragraph),
    ...specKeyMeaning(word, paragraph),
    ...presets
      .filter(({ name }) => name === word)
      .map(({ sentence, answer }) => [paragraph('preset', sentence), ...answer.map((line) => `  ${line}`)].join('\n')),
  ];
  return meanings.length === 0 ? [] : [word, ...meanings];
}

function paragraph(kind: string, text: string): string {
  return labelled(2, kind, 13, text).join('\n');
}

/** What nearly every preset has says nothing of any of them. */
const MOST_PRESETS = 20;

function shownBy(presets: readonly Preset[], shows: (preset: Preset) => boolean): string[] {
  const names = presets.filter(shows).map(({ name }) => name);
  if (names.length === 0 || names.length > MOST_PRESETS) return [];
  return [paragraph('presets', names.join(', '))];
}

function requirementMeaning(word: string, presets: readonly Preset[]): string[] {
  const requirement = requirements.find(({ name }) => name === word);
  if (requirement === undefined) return [];
  const refused = refusedRequirements[word];
  return [
    paragraph('requirement', requirement.sentence),
    paragraph('forbids', requirement.forbids.join(', ')),
    ...(refused === undefined ? [] : [paragraph('', `Cannot be judged yet: ${refused}.`)]),
    ...shownBy(presets, ({ spec }) => spec.expect.length > 0 && spec.require.some(({ name }) => name === word)),
  ];
}

function anomalyMeaning(word: string, presets: readonly Preset[]): string[] {
  const anomaly = anomalies.find(({ name }) => name === word);
  const invariant = invariants.find(({ id }) => id === word);
  if (anomaly === undefined && invariant === undefined) return [];
  const forbidding = requirements.filter(({ forbids }) => forbids.includes(word)).map(({ name }) => name);
  return [
    ...(anomaly === undefined ? [] : [paragraph('anomaly', `${anomaly.words}: ${anomaly.sentence}`)]),
    ...(invariant === undefined ? [] : [paragraph('invariant', invariant.sentence)]),
    ...(forbidding.length === 0 ? [] : [paragraph('forbidden by', forbidding.join(', '))]),
    ...shownBy(presets, ({ spec }) => spec.expect.includes(word)),
  ];
}

function licenceMeaning(word: string): string[] {
  const words = licenceWords.get(word);
  return words === undefined ? [] : [paragraph('licence', `Takes an anomaly out of what is guaranteed: ${words}.`)];
}

const lagRequirement = maxLag('the bound');

/** Anomalies by names of the literature that no history shows: here they are breaches of invariants. */
const foundAs: Readonly<Record<string, { readonly sentence: string; readonly invariants: readonly string[] }>> = {
  'position-past-LSO': {
    sentence: 'A consumer that reads committed records was given one beyond the first of an open transaction.',
    invariants: ['W12'],
  },
  'stale-metadata-write': {
    sentence:
      'A broker that no longer led acknowledged under acks=all. It may, where the whole ISR had the record; if an electable member lacks it, it is a breach.',
    invariants: ['W2', 'W3'],
  },
};

function foundAsMeaning(word: string): string[] {
  const meaning = Object.hasOwn(foundAs, word) ? foundAs[word]! : null;
  if (meaning === null) return [];
  return [paragraph('anomaly', `${meaning.sentence} Found as ${meaning.invariants.join(' or ')}.`)];
}

/** Verdicts of trials, judgements of anomalies, and the reasons of `undecided` that Elle has names for. */
const verdicts: Readonly<Record<string, string>> = {
  clean: 'No anomaly, or none but licensed ones that no requirement forbids.',
  unsafe: 'An anomaly that the settings permit and a requirement forbids: these settings are not enough.',
  bug: "An anomaly that is guaranteed not to be: Kafka's rules are wrong, or our model of them.",
  undecided: 'Nothing worse was found, and something could not be decided; the reason stands beside it.',
  allowed: 'Of an anomaly: it is licensed, and no requirement forbids it. Reported, and no failure.',
  'empty-transaction-graph':
    'undecided: no operation of the history depends on another, so that no cycle could have been seen.',
  'cycle-search-timeout':
    'undecided: the search for cycles spent its steps (not its time) before it could rule out those that are named.',
};

function verdictMeaning(word: string): string[] {
  // Results write verdicts in capitals: UNSAFE, KAFKA BUG.
  const name = word.toLowerCase().replace(/^kafka /, '');
  const sentence = Object.hasOwn(verdicts, name) ? verdicts[name] : undefined;
  return sentence === undefined ? [] : [paragraph('verdict', sentence)];
}

function faultMeaning(word: string, presets: readonly Preset[]): string[] {
  const fault = faults.find(({ name }) => name === word);
  if (fault === undefined) return [];
  return [
    paragraph('fault', fault.sentence),
    ...fault.parameters.map(({ name, sentence }) => paragraph('', `${name}: ${sentence}`)),
    ...shownBy(presets, ({ spec }) => spec.faults?.some((one) => one.fault === word) ?? false),
  ];
}

function situationMeaning(word: string, presets: readonly Preset[]): string[] {
  const situation = situations.find(({ name }) => name === word);
  if (situation === undefined) return [];
  return [
    paragraph('situation', situation.sentence),
    ...shownBy(presets, ({ spec }) => spec.expectSituations.includes(word)),
  ];
}

function settingMeaning(word: string, presets: readonly Preset[]): string[] {
  const lines: string[] = [];
  for (const scope of scopes) {
    const row = rowsWithSettings.find((candidate) => settingsTable(candidate)[scope].has(word));
    if (row === undefined) continue;
    const setting = settingsTable(row)[scope].get(word)!;
    lines.push(
      paragraph('setting', `${scope}, ${setting.bearing.bearing}. ${setting.bearing.sentence}`),
      paragraph('', `Kafka ${settingsTable(row).kafka}: ${setting.type}, default ${setting.default ?? 'none'}`),
    );
  }
  if (lines.length === 0) return [];
  const sets = ({ spec }: Preset): boolean =>
    [spec.brokerSettings, ...spec.topics.map((one) => one.settings), ...spec.producers.map((one) => one.settings)].some(
      (settings) => settings[word] !== undefined,
    );
  return [...lines, ...shownBy(presets, sets)];
}

function allWords(): string[] {
  return [
    ...requirements.map(({ name }) => name),
    ...anomalies.map(({ name }) => name),
    ...faults.map(({ name }) => name),
    ...situations.map(({ name }) => name),
    ...ruleNames.map(specName),
    ...defectIds,
    ...knownEntries(),
    ...wordsOfSpecs(),
    ...[...guarantees, ...gaps].map(({ id }) => id),
    ...invariants.map(({ id }) => id),
    ...licenceWords.keys(),
    ...Object.keys(foundAs),
    ...informational.map(({ name }) => name),
    lagRequirement.name,
    ...Object.keys(verdicts),
    ...wordsOfResults(),
    ...scopes.flatMap((scope) => [...settingsTable('3.9')[scope].keys()]),
    ...loadPresets().map(({ name }) => name),
  ];
}
