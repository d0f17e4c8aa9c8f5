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
import { loadPresets } from '../presets/presets.js';
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
  for (const { name } of loadPresets()) {
    if (names.length > 0 && !names.includes(name)) continue;
    const seeds = Number(count ?? (longPresets.includes(name) ? MANY : FEW));
    if (!tellCampaign(name, seeds)) failed++;
  }
  process.exitCode = failed === 0 ? 0 : 1;
}

function tellCampaign(name: string, seeds: number): boolean {
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
    // A preset may expect a bug; one that it does not expect ends the campaign with 1.
    const good = campaign.exit === 0 && replays.every(Boolean);
    const verdicts = words(campaign.verdicts);
    const cpu = `${campaign.cpuSeconds.toFixed(0)} CPU-s`;
    const again = replays.length === 0 ? '' : ` · ${replays.filter(Boolean).length}/${replays.length} replays agree`;
    process.stdout.write(
      `${good ? '✓' : '✗'} ${name.padEnd(22)} ${campaign.trials} trials: ${verdicts}${again} · exit ${campaign.exit} · ${cpu} · ` +
        `${campaign.digest.slice(0, 12)}  ${words(campaign.anomalies)}\n`,
    );
    return good;
  } finally {
    rmSync(out, { recursive: true });
  }
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
