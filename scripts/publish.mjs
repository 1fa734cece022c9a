// Publishes what `npm run package` made: the platforms' packages first, so that the main one never names what is not there.
//   node scripts/publish.mjs [options of npm publish]
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const packages = join(dirname(dirname(fileURLToPath(import.meta.url))), 'build', 'packages')
if (!existsSync(join(packages, 'trueaio'))) {
  process.stderr.write('There are no packages: run "npm run package" first.\n')
  process.exit(1)
}
const scoped = readdirSync(join(packages, '@trueaio')).sort().map((name) => join(packages, '@trueaio', name))
for (const folder of [...scoped, join(packages, 'trueaio')]) {
  const { status } = spawnSync('npm', ['publish', '--access', 'public', ...process.argv.slice(2)], { cwd: folder, stdio: 'inherit' })
  if (status !== 0) process.exit(status ?? 1)
}
