// Runs test/installed: the packed tarballs, installed without a network into an empty project, under the tools that users have.
//   node scripts/test-installed.mjs                    all; tools come from npm into build/installed/tools (those that can't be had are skipped)
//   node scripts/test-installed.mjs esbuild runners    test files with either word in their name
//   node scripts/test-installed.mjs suite              the project's own tests, all that use public names only, over the tarballs
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
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

/** Of this checkout alone: what is packed, what stands where, the programs of examples/, and tests over other projects. */
const ONLY_HERE = /^(?:package|tidy|configure|abi|binaries|docs|examples|installed|types|cli|fuzz\/native)\b/

/** Whether a compiled test, or what it imports, looks inside the package. */
function looksInside(file, seen = new Set()) {
  if (seen.has(file)) return false
  seen.add(file)
  const text = readFileSync(file, 'utf8')
  if (/['"]#src|['"/]dist\//.test(text)) return true
  return [...text.matchAll(/['"](\.\.?\/[^'"]+\.js)['"]/g)].map(([, name]) => resolve(dirname(file), name)).some((name) => existsSync(name) && looksInside(name, seen))
}

/** The project's own tests beside the installed package, whose name means the tarball's there. */
function runSuite(flags) {
  const suite = join(folder, 'suite')
  rmSync(suite, { recursive: true, force: true })
  cpSync(project, suite, { recursive: true })
  for (const name of ['test', join('build', 'test'), join('scripts', 'run-tests.mjs'), 'bench']) cpSync(join(root, name), join(suite, name), { recursive: true })
  // A faulty addon is made of the addon.
  const platform = `${process.platform}-${process.arch}`
  mkdirSync(join(suite, 'prebuilds', platform), { recursive: true })
  cpSync(join(suite, 'node_modules', '@trueaio', platform, 'trueaio.node'), join(suite, 'prebuilds', platform, 'trueaio.node'))
  // Tools that tests use.
  for (const name of readdirSync(join(root, 'node_modules'))) {
    if (!existsSync(join(suite, 'node_modules', name))) symlinkSync(join(root, 'node_modules', name), join(suite, 'node_modules', name))
  }
  const compiled = join(root, 'build', 'test')
  const files = readdirSync(compiled, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.test.js') && !ONLY_HERE.test(name) && !looksInside(join(compiled, name)))
    .map((name) => join('build', 'test', name))
  return spawnSync(process.execPath, [join(suite, 'scripts', 'run-tests.mjs'), ...flags, ...files], { stdio: 'inherit' })
}

if (isStale()) await install()
const words = process.argv.slice(2)
const flags = words.filter((word) => word.startsWith('-'))
const files = words.filter((word) => !word.startsWith('-')).map((word) => `installed/${word}`)
const { status } = words.includes('suite') ? runSuite(flags)
  : spawnSync(process.execPath, [join(root, 'scripts', 'run-tests.mjs'), ...flags, ...(files.length === 0 ? ['installed/'] : files)], { stdio: 'inherit', env: { ...process.env, TRUEAIO_TEST_PATIENCE: TOOLS_PATIENCE } })
process.exitCode = status ?? 1
