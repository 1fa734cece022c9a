// Runs test/installed: the packed tarballs, installed without a network into an empty project, under the tools that users have.
//   node scripts/test-installed.mjs                    all; tools come from npm into build/installed/tools (those that can't be had are skipped)
//   node scripts/test-installed.mjs esbuild runners    test files with either word in their name
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { makePackage, makePlatformPackage } from './make-package.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'build', 'installed')
const project = join(folder, 'project')

/** Tools take their time, the more so when npm brings them first. */
const TOOLS_PATIENCE = '5'

/** Makes the packages of this machine, packs them, and installs the tarballs into an empty project. */
async function install() {
  const platforms = [`${process.platform}-${process.arch}`, ...(spawnSync('musl-gcc', ['--version'], { stdio: 'ignore' }).error === undefined ? [`${process.platform}-${process.arch}-musl`] : [])]
  const packages = [join(folder, 'packages', 'trueaio'), ...platforms.map((name) => join(folder, 'packages', name))]
  await makePackage(packages[0])
  platforms.forEach((name, index) => makePlatformPackage(name, packages[index + 1]))
  for (const name of ['tarballs', 'project']) rmSync(join(folder, name), { recursive: true, force: true })
  for (const name of ['tarballs', 'project']) mkdirSync(join(folder, name), { recursive: true })
  for (const path of packages) execFileSync('npm', ['pack', '--silent', '--pack-destination', join(folder, 'tarballs')], { cwd: path, stdio: ['ignore', 'ignore', 'inherit'] })
  const tarballs = readdirSync(join(folder, 'tarballs')).filter((name) => !name.includes('musl')).map((name) => join(folder, 'tarballs', name))
  writeFileSync(join(project, 'package.json'), '{ "type": "module", "private": true }\n')
  execFileSync('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', ...tarballs], { cwd: project, stdio: ['ignore', 'ignore', 'inherit'] })
}

/** Whether anything that goes into the packages is newer than what was installed last. */
function isStale() {
  const stamp = join(project, 'package.json')
  if (!existsSync(join(project, 'node_modules', 'trueaio')) || !existsSync(stamp)) return true
  const folders = ['dist', 'native', 'scripts', 'docs'].flatMap((name) => readdirSync(join(root, name), { recursive: true }).map((file) => join(root, name, file)))
  return [join(root, 'package.json'), ...folders].some((file) => statSync(file).isFile() && statSync(file).mtimeMs > statSync(stamp).mtimeMs)
}

if (isStale()) await install()
const words = process.argv.slice(2)
const flags = words.filter((word) => word.startsWith('-'))
const files = words.filter((word) => !word.startsWith('-')).map((word) => `installed/${word}`)
const { status } = spawnSync(process.execPath, [join(root, 'scripts', 'run-tests.mjs'), ...flags, ...(files.length === 0 ? ['installed/'] : files)], { stdio: 'inherit', env: { ...process.env, TRUEAIO_TEST_PATIENCE: TOOLS_PATIENCE } })
process.exitCode = status ?? 1
