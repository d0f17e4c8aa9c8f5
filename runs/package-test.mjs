/**
 * What somebody else has of the package: packs it, installs it into a project outside the repository, and runs the test of
 * the README there. Slow; `npm run package-test`, after a build.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { devDependencies, dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const project = mkdtempSync(join(tmpdir(), 'harrow-package-'));
const SEEDS = process.env['PACKAGE_TEST_SEEDS'] ?? '40';

const payments = `kafka: "3.9"
brokers: 3
topic: { name: orders, partitions: 3, replication.factor: 3, min.insync.replicas: 2 }
producer: { acks: ACKS }
workload: { sends: 200, over: 60s }
faults: [leader-cut-off, broker-killed]
require: [no-lost-writes]
`;

const ordersTest = `import fc from 'fast-check';
import { campaign } from 'harrow/vitest';

campaign('an order that was acknowledged is never lost', {
  spec: './payments.yaml', seeds: ${SEEDS},
  async workload({ producer, order }) { await producer.send({ topic: 'orders', key: order.id, value: order.json }); },
});

campaign('fields are drawn by arbitraries', {
  spec: './payments.yaml', seeds: 2, calls: 20, set: { acks: 'all' },
  draw: { payment: fc.record({ account: fc.integer({ min: 1, max: 5 }), amount: fc.nat() }) },
  async workload({ producer, payment }) {
    const account: number = payment.account;
    await producer.send({ topic: 'orders', key: String(account), value: payment });
  },
});
`;

let passed = 0;

try {
  install();
  check('its types fit', typesFit());
  writeFileSync(join(project, 'payments.yaml'), payments.replace('ACKS', '1'));
  const unsafe = vitest();
  console.log(unsafe.out);
  check('acks=1 fails', unsafe.status === 1 && /✗ an order .* \(seed \d+, \d+ of \d+\)/.test(unsafe.out));
  check('the seed is shrunk', /shrunk from .* to 1 fault and 1 send/.test(unsafe.out));
  check('the story is told', unsafe.out.includes('the record is gone'));
  const replay = /npx (harrow replay \S+)/.exec(unsafe.out)?.[1] ?? '';
  check('it replays without the code', npx(replay).out.includes('the same as when it was kept'));
  const [, from, to] = /cp (\S+) (\S+\.yaml)/.exec(unsafe.out) ?? [];
  mkdirSync(join(project, dirname(to)), { recursive: true });
  copyFileSync(join(project, from), join(project, to));
  check('the known failure comes first', vitest().out.includes(`known failure ${to}`));
  writeFileSync(join(project, 'payments.yaml'), payments.replace('ACKS', 'all'));
  const safe = vitest();
  check('acks=all passes', safe.status === 0 && /2 passed/.test(safe.out));
  if (safe.status !== 0) console.log(safe.out);
} finally {
  rmSync(project, { recursive: true });
}
console.log(`${passed} passed, 0 failed`);

function install() {
  // What `npm ci` built is packed as it is.
  const [{ filename }] = JSON.parse(
    execFileSync('npm', ['pack', '--ignore-scripts', '--json', '--pack-destination', project], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }),
  );
  const needs = {
    harrow: `file:./${filename}`,
    vitest: devDependencies.vitest,
    typescript: devDependencies.typescript,
    'fast-check': dependencies['fast-check'],
  };
  writeFileSync(
    join(project, 'package.json'),
    JSON.stringify({ name: 'payments', private: true, type: 'module', dependencies: needs }),
  );
  writeFileSync(join(project, 'orders.test.ts'), ordersTest);
  execFileSync('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: project,
    stdio: 'inherit',
  });
}

function typesFit() {
  const options = '--noEmit --strict --skipLibCheck --module nodenext --target es2023 orders.test.ts';
  const { status, out } = npx(`tsc ${options}`);
  if (status !== 0) console.log(out);
  return status === 0;
}

function vitest() {
  return npx('vitest run --reporter verbose', { NO_COLOR: '1' });
}

function npx(command, env = {}) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no-install', ...command.split(' ')], {
    cwd: project,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
  return { status, out: `${stdout}${stderr}` };
}

function check(what, holds) {
  if (!holds) throw new Error(`package test: not so: ${what}`);
  passed++;
  console.log(`ok  ${what}`);
}
