// @ts-check
// Fails when app/api is not what ../openapi.json gives: generates beside it and compares file by file.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const web = path.join(path.dirname(fileURLToPath(import.meta.url)), '..');
const fresh = mkdtempSync(path.join(web, 'node_modules', '.generated-'));
/** @param {string} folder */
const files = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(folder, path.join(entry.parentPath, entry.name)))
    .sort();

try {
  const tool = path.join(web, 'node_modules', '@hey-api', 'openapi-ts', 'bin', 'run.js');
  execFileSync(process.execPath, [tool], { cwd: web, env: { ...process.env, GENERATED: fresh }, stdio: ['ignore', 'ignore', 'inherit'] });
  const committed = path.join(web, 'app', 'api');
  const names = [...new Set([...files(fresh), ...files(committed)])];
  const read = (/** @type {string} */ folder, /** @type {string} */ name) => {
    try {
      return readFileSync(path.join(folder, name), 'utf8');
    } catch {
      return undefined;
    }
  };
  const stale = names.filter((name) => read(fresh, name) !== read(committed, name));
  if (stale.length > 0) {
    console.error(`app/api is stale: ${stale.join(', ')}. Run: npm run generate`);
    process.exitCode = 1;
  } else console.log(`app/api is current (${names.length} files)`);
} finally {
  rmSync(fresh, { recursive: true, force: true });
}
