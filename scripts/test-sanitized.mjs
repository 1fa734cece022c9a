// Builds the addon with AddressSanitizer and UBSan, runs tests over it, and fails on any report: memory errors and
// undefined behaviour anywhere, leaks whose allocation is the addon's (Node and the tools that tests start may leak).
//   node scripts/test-sanitized.mjs                  the tests that work the addon hardest
//   node scripts/test-sanitized.mjs harsh/races      files with this in their path
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const words = process.argv.slice(2)
if (words.length === 0) words.push('abi', 'driver/', 'harsh/', 'conformance/io-uring', 'conformance/thread-pool', 'fs/packed', 'fs/whole-trees')

function fail(message) {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function library(name) {
  const { stdout, status } = spawnSync('cc', [`-print-file-name=${name}`], { encoding: 'utf8' })
  const path = status === 0 ? stdout.trim() : ''
  if (!existsSync(path)) fail(`${name} is not here: the sanitized tests need GCC with its sanitizer libraries (Debian: libasan8, libubsan1).`)
  return path
}

const reports = mkdtempSync(join(tmpdir(), 'trueaio-sanitizer-'))
process.once('exit', () => rmSync(reports, { recursive: true, force: true }))
const environment = {
  ...process.env,
  LD_PRELOAD: `${library('libasan.so')}:${library('libubsan.so')}`,
  // exitcode=0: leaks of Node and of tools must not fail a test; reports are judged below.
  ASAN_OPTIONS: `detect_leaks=1:malloc_context_size=6:exitcode=0:abort_on_error=0:log_path=${join(reports, 'address')}`,
  UBSAN_OPTIONS: `print_stacktrace=1:log_path=${join(reports, 'undefined')}`,
}

/** What the sanitizers reported since the last call, leaks that are not the addon's left out. */
function takeReports() {
  const found = []
  for (const name of readdirSync(reports)) {
    const path = join(reports, name)
    const report = readFileSync(path, 'utf8')
    rmSync(path)
    if (!report.includes('detected memory leaks')) found.push(report)
    else found.push(...report.split(/\n\n/).filter((block) => /leak of/.test(block) && isOurs(block)))
  }
  return found
}

/** Whether the addon made the allocation: one of its frames is among the first, which name the file as node-gyp gave it. */
function isOurs(block) {
  const frames = block.split('\n').filter((line) => /^\s+#\d+ /.test(line))
  return frames.slice(0, 4).some((frame) => / in \w+ \.\.\/\w+\.c:\d+|leaky\.c:\d+|\.node\+0x/.test(frame))
}

// First: would a leak be seen?
const leaky = join(reports, 'leaky.node')
const compiled = spawnSync('cc', ['-shared', '-fPIC', '-g', '-O0', '-fsanitize=address', '-o', leaky, join(root, 'test', 'sanitizer', 'leaky.c')], { encoding: 'utf8' })
if (compiled.status !== 0) fail(`test/sanitizer/leaky.c does not compile: ${compiled.stderr}`)
spawnSync(process.execPath, ['-e', `require(${JSON.stringify(leaky)})`], { env: environment, stdio: 'ignore' })
rmSync(leaky)
if (takeReports().length === 0) fail('A leak made on purpose was not reported (LeakSanitizer needs ptrace): nothing would be found here.')

const build = spawnSync(process.execPath, [join(root, 'scripts', 'build-addon.mjs'), '--sanitize=address,undefined'], { stdio: 'inherit' })
if (build.status !== 0) process.exit(1)

const tests = spawnSync(process.execPath, [join(root, 'scripts', 'run-tests.mjs'), ...words], {
  cwd: root, stdio: 'inherit', env: { ...environment, TRUEAIO_ADDON: join(root, 'build', 'sanitized', 'trueaio.node') },
})
const found = takeReports()
for (const report of found) process.stderr.write(`${report}\n`)
if (found.length > 0) fail(`${String(found.length)} reports of the sanitizers, above.`)
process.exit(tests.status ?? 1)
