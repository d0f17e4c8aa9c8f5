/**
 * A reporter for Stryker (`npm run mutation`): keeps checkers/MUTATION.md, a row for each file of the checkers. Files that
 * were not tried this time keep the row that they have.
 */
import { readFileSync, writeFileSync } from 'node:fs';

const TABLE = 'checkers/MUTATION.md';

const HEAD = `# How well the checkers are tested

Written by \`npm run mutation\`: Stryker changes the checkers in one place at a time, and their own tests should notice. A
mutant *survived* if none did, *not covered* if none came by; a *timeout* was noticed, since a test did not end. Words of
stories are not changed. The score is the share of mutants that were noticed. Of those that survive, many change nothing
that anybody could see (a shorter way to the same answer, a bound that is never reached).

| file | mutants | killed | timeout | survived | not covered | score |
|---|---|---|---|---|---|---|
`;

class ScoresReporter {
  onMutationTestReportReady({ files, config }) {
    // Of a part of a file nothing is kept.
    if (config.mutate.some((pattern) => /:\d/.test(pattern))) return;
    writeScores(files);
  }
}

/** @param files of a report, as Stryker's JSON has them */
export function writeScores(files) {
  const rows = new Map(readRows());
  for (const [file, { mutants }] of Object.entries(files)) {
    const count = (status) => mutants.filter((mutant) => mutant.status === status).length;
    rows.set(file, [count('Killed'), count('Timeout'), count('Survived'), count('NoCoverage')]);
  }
  const table = [...rows].filter(([, counts]) => sum(counts) > 0).sort(([a], [b]) => (a < b ? -1 : 1));
  const total = table.reduce((totals, [, counts]) => totals.map((one, i) => one + counts[i]), [0, 0, 0, 0]);
  writeFileSync(TABLE, `${HEAD}${table.map(line).join('')}${line(['all', total])}`);
}

function line([file, counts]) {
  const [killed, timeout] = counts;
  const score = ((100 * (killed + timeout)) / sum(counts)).toFixed(1);
  return `| ${[file, sum(counts), ...counts, `${score} %`].join(' | ')} |\n`;
}

function sum(counts) {
  return counts.reduce((all, one) => all + one, 0);
}

function readRows() {
  let known = '';
  try {
    known = readFileSync(TABLE, 'utf8');
  } catch {
    return [];
  }
  const cells = known.split('\n').map((one) => one.split('|').map((cell) => cell.trim()));
  return cells.flatMap((one) => (one[1]?.endsWith('.ts') ? [[one[1], one.slice(3, 7).map(Number)]] : []));
}

export const strykerPlugins = [{ kind: 'Reporter', name: 'scores', injectableClass: ScoresReporter }];
