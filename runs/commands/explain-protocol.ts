/** What a rule or a defect is, for `harrow explain`. */
import { decidedByWords, deciders } from '../../model/kafka/protocol/versions/deciders.js';
import { defectIds, defectOf, type DefectId } from '../../model/kafka/protocol/versions/defects.js';
import { isImplemented } from '../../model/kafka/protocol/versions/implemented.js';
import { culpritsOf } from '../../model/kafka/protocol/versions/known-bugs.js';
import { versionRows } from '../../model/kafka/protocol/versions/rows.js';
import type { RuleValue } from '../../model/kafka/protocol/versions/rule.js';
import {
  ruleBySpecName,
  ruleNames,
  ruleOf,
  specName,
  type RuleName,
} from '../../model/kafka/protocol/versions/rules.js';

/** Lays a text out beside the word that says what it is. */
type Paragraph = (kind: string, text: string) => string;

export function ruleMeaning(word: string, paragraph: Paragraph): string[] {
  const name = ruleBySpecName(word);
  if (name === undefined) return [];
  const { sentence, source, values, meanings, control } = ruleOf(name);
  return [
    paragraph('rule', sentence),
    paragraph('source', source),
    ...(control === null ? [] : [paragraph('only under', control === 'kraft' ? 'KRaft' : 'ZooKeeper')]),
    paragraph('decided by', `${decidedByWords[deciders[name].by]}: ${deciders[name].source}`),
    ...values.map((value, index) => paragraph(index === 0 ? 'values' : '', valueWords(name, value, meanings[index]))),
    paragraph('in a spec', `rules: { ${word}: ${String(values.at(-1))} }`),
  ];
}

function valueWords(name: RuleName, value: RuleValue, meaning: string | undefined): string {
  const had = versionRows.filter(({ rules }) => rules[name] === value).map(({ version }) => version);
  const releases = had.length === 0 ? 'by choice only' : had.length === 1 ? had[0]! : `${had[0]!} to ${had.at(-1)!}`;
  const missing = !isImplemented(name, value) ? ', not in this build' : '';
  return `${String(value)} (${releases}${missing})${meaning === undefined ? '' : `: ${meaning}`}`;
}

/** Of an entry of the catalogue of known bugs ("known  B68, ..."). */
export function knownBugMeaning(word: string, paragraph: Paragraph): string[] {
  const { rules, defects } = culpritsOf(word);
  return [
    ...rules.map(({ rule, value }) => {
      const { values, meanings, source } = ruleOf(rule);
      const words = valueWords(rule, value, meanings[values.indexOf(value)]);
      return paragraph('known bug', `rule ${specName(rule)}: ${words} (${source})`);
    }),
    ...defects
      .filter((id) => id !== word)
      .map((id) => paragraph('known bug', `defect ${id}: ${defectOf(id).sentence}`)),
  ];
}

/** Of a ticket or a proposal of Kafka's ("KAFKA-14402", "KIP-890"): the rules that it brought. */
export function sourceMeaning(word: string, paragraph: Paragraph): string[] {
  if (!/^(KAFKA|KIP)-\d+$/.test(word)) return [];
  const cites = new RegExp(`\\b${word}\\b`);
  return ruleNames
    .filter((name) => cites.test(ruleOf(name).source))
    .map((name) => paragraph('rule', `${specName(name)}: ${ruleOf(name).sentence} (${ruleOf(name).source})`));
}

export function defectMeaning(word: string, paragraph: Paragraph): string[] {
  const id = defectIds.find((known) => known === word);
  if (id === undefined) return [];
  const { area, catalogue, sentence } = defectOf(id);
  const entry = catalogue === null || catalogue === id ? '' : `, ${catalogue} in the catalogue of known bugs`;
  return [
    paragraph('defect', `${sentence} (${area}${entry})`),
    paragraph('releases', releaseWords(id)),
    paragraph('in a spec', specWords(id)),
  ];
}

function releaseWords(id: DefectId): string {
  const { from, fixed } = defectOf(id);
  if (from === null) return 'none had it: it is there to be found';
  return `since ${from}, ${fixed.length === 0 ? 'not mended' : `mended in ${fixed.join(', ')}`}`;
}

function specWords(id: DefectId): string {
  const { modelled, follows } = defectOf(id);
  if (follows !== null) return `no switch: it follows from the rule ${specName(follows)}`;
  return modelled ? `defects: [${id}]` : 'not in this build: the model cannot show it yet';
}
