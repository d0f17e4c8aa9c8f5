/**
 * `npm run presets`: every preset as a long campaign, what it found against what it expects, and a replay of each failure
 * that was kept, in a fresh process. The clean ones and the storm get 2,000 seeds, the others 200, or what is asked for:
 * `npm run presets -- 500 storm durable`.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { sameAnomaly } from '../expectation.js';
import { loadPresets, type Preset } from '../presets/presets.js';
import type { Spec } from '../spec/spec.js';
import { seedFileName } from '../store/campaign-folder.js';

const program = fileURLToPath(new URL('../main.js', import.meta.url));
const MANY = 2_000;
const FEW = 200;
/** Bytes: trials of thousands of anomalies say a lot. */
const MOST_OUTPUT = 1 << 30;
const longPresets = ['durable', 'durable-elr', 'durable-fsync', 'storm'];

interface Failure {
  readonly seed: string;
  readonly digest: string;
  /** npx harrow replay ... */
  readonly replay: string;
}

interface Campaign {
  readonly trials: number;
  readonly exit: number;
  readonly verdicts: Readonly<Record<string, number>>;
  readonly anomalies: Readonly<Record<string, number>>;
  readonly id: string;
  readonly failures: readonly Failure[];
  readonly digest: string;
  readonly cpuSeconds: number;
}

function main(): void {
  const [count, ...names] = process.argv.slice(2);
  let failed = 0;
  for (const preset of loadPresets()) {
    if (names.length > 0 && !names.includes(preset.name)) continue;
    const seeds = Number(count ?? (longPresets.includes(preset.name) ? MANY : FEW));
    if (!tellCampaign(preset, seeds)) failed++;
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

function tellCampaign({ name, spec }: Preset, seeds: number): boolean {
  const out = mkdtempSync(join(tmpdir(), 'harrow-presets-'));
  try {
    const args = ['campaign', name, '--seeds', String(seeds), '--json', '--out', out];
    const run = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8', maxBuffer: MOST_OUTPUT });
    if (run.stdout === '') {
      process.stdout.write(`✗ ${name}: ${run.stderr}\n`);
      return false;
    }
    const campaign = JSON.parse(run.stdout) as Campaign;
    const replays = replayAll(out, campaign);
    const wrong = shortcomings(campaign, spec, seeds, replays);
    const verdicts = words(campaign.verdicts);
    const cpu = `${campaign.cpuSeconds.toFixed(0)} CPU-s`;
    const again = replays.length === 0 ? '' : ` · ${replays.filter(Boolean).length}/${replays.length} replays agree`;
    process.stdout.write(
      `${wrong.length === 0 ? '✓' : '✗'} ${name.padEnd(22)} ${campaign.trials} trials: ${verdicts}${again} · exit ${campaign.exit} · ${cpu} · ` +
        `${campaign.digest.slice(0, 12)}  ${words(campaign.anomalies)}\n` +
        wrong.map((sentence) => `    ${sentence}\n`).join(''),
    );
    return wrong.length === 0;
  } finally {
    rmSync(out, { recursive: true });
  }
}

/** What the campaign should have come to, looked at here too: an exit status may be wrong. */
function shortcomings(campaign: Campaign, spec: Spec, seeds: number, replays: readonly boolean[]): readonly string[] {
  const { trials, exit, verdicts, anomalies, failures } = campaign;
  const wrong: string[] = [];
  if (trials !== seeds) wrong.push(`${trials} of ${seeds} trials`);
  if (exit !== 0) wrong.push(`exit ${exit}`);
  for (const name of spec.expect.filter((one) => one !== 'bug')) {
    const shown = Object.keys(anomalies).some((type) => sameAnomaly(type) === sameAnomaly(name));
    if (!shown) wrong.push(`expected ${name}, which no trial shows`);
  }
  const expectsBug = spec.expect.includes('bug');
  const bugs = verdicts['bug'] ?? 0;
  if (expectsBug !== bugs > 0)
    wrong.push(`${bugs} trials with a bug, ${expectsBug ? 'expected some' : 'none expected'}`);
  if (spec.expect.length === 0 && failures.length > 0) wrong.push(`${failures.length} failures, expected none`);
  if (failures.length > 0 && replays.length === 0) wrong.push('failures, of which none was kept');
  if (!replays.every(Boolean)) wrong.push('a replay that came out otherwise');
  return wrong;
}

function words(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/**
 * Each kept failure in a process of its own: whether its folder gives the digest that is kept there (the smallest trial's),
 * and the command in the campaign's JSON the digest beside it (the trial's that the campaign saw).
 */
function replayAll(out: string, { id, failures }: Campaign): boolean[] {
  if (failures.length === 0) return [];
  const folder = join(out, `campaign-${id}`, 'failures');
  const names = readdirSync(folder);
  const kept = failures.filter(({ seed }) => names.includes(seedFileName(seed)));
  return [
    ...names.map((name) => replay([join(folder, name)]).sameDigest === true),
    ...kept.map((failure) => replay(failure.replay.split(' ').slice(3)).digest === failure.digest),
  ];
}

function replay(args: readonly string[]): { readonly digest: string; readonly sameDigest: boolean | null } {
  // A replay exits as its verdict says.
  const options = { encoding: 'utf8', maxBuffer: MOST_OUTPUT } as const;
  const { stdout } = spawnSync(process.execPath, [program, 'replay', ...args, '--json'], options);
  return JSON.parse(stdout) as { digest: string; sameDigest: boolean | null };
}

main();
