/**
 * Builds dist/ from nothing: TypeScript, data files, the report page. Run by `npm ci` (prepare) and `npm run build`.
 * There is no incremental state: what is in dist/ is what the sources say.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const require = createRequire(import.meta.url);

if (!isInstalled('typescript')) {
  // `npm install harrow` from a packed release: dist/ is in it, and there is nothing to build with.
  if (existsSync(join(root, 'dist/runs/main.js'))) process.exit(0);
  throw new Error('harrow: no TypeScript to build with (install the development dependencies)');
}

rmSync(join(root, 'dist'), { recursive: true, force: true });
run('typescript', 'bin/tsc', '--project', 'tsconfig.build.json');
copyData('runs/settings', '.json');
copyData('runs/presets', '.yaml');
const page = 'histories/report/page/vite.config.ts';
if (existsSync(join(root, page))) run('vite', 'bin/vite.js', 'build', '--config', page, '--logLevel', 'warn');
chmodSync(join(root, 'dist/runs/main.js'), 0o755);

function isInstalled(name) {
  try {
    require.resolve(`${name}/package.json`);
    return true;
  } catch {
    return false;
  }
}

function run(name, file, ...args) {
  const program = join(dirname(require.resolve(`${name}/package.json`)), file);
  const { status } = spawnSync(process.execPath, [program, ...args], { cwd: root, stdio: 'inherit' });
  if (status === 0) return;
  console.error(`harrow: the build failed (${name})`);
  process.exit(1);
}

/** Files that modules read beside themselves. */
function copyData(folder, extension) {
  const target = join(root, 'dist', folder);
  mkdirSync(target, { recursive: true });
  for (const file of readdirSync(join(root, folder))) {
    if (file.endsWith(extension)) copyFileSync(join(root, folder, file), join(target, file));
  }
}
