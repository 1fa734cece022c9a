// The pool's C files under ThreadSanitizer: builds test/sanitizer/threads.c with them, without Node, and runs it with
// a few seeds. Fails on any report, and when its own counts are wrong. A compiler without ThreadSanitizer is named, no fault.
//   node scripts/test-threads.mjs             a few seconds
//   node scripts/test-threads.mjs 60 7        so many seconds, with this seed
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const SECONDS = 2
const SEEDS = [1, 2, 3]
/** Seconds that a run may take besides: the machine may be busy, and threads leave in their own time. */
const PATIENCE = 120

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [seconds, seed] = process.argv.slice(2).map(Number)
const folder = mkdtempSync(join(tmpdir(), 'trueaio-threads-'))
process.once('exit', () => rmSync(folder, { recursive: true, force: true }))

function end(message, status) {
  process.stderr.write(`${message}\n`)
  process.exit(status)
}

function compile(target, ...sources) {
  const flags = ['-std=gnu17', '-g', '-O1', '-Wall', '-Wextra', '-Werror', '-D_GNU_SOURCE', '-fsanitize=thread']
  const headers = [join('test', 'sanitizer', 'node'), join('test', 'sanitizer')].map((path) => `-I${path}`)
  return spawnSync('cc', [...flags, ...headers, '-o', target, ...sources, '-lpthread'], { cwd: root, encoding: 'utf8' })
}

/** Without random addresses: ThreadSanitizer of GCC 12 does not start where the kernel's are too random. */
function run(program, ...given) {
  const result = spawnSync('setarch', [process.arch === 'x64' ? 'x86_64' : 'aarch64', '-R', program, ...given], {
    encoding: 'utf8',
    timeout: (Number(given[0] ?? 0) + PATIENCE) * 1000,
    env: { ...process.env, TSAN_OPTIONS: 'exitcode=66 second_deadlock_stack=1' },
  })
  if (result.error !== undefined) end(`setarch (util-linux): ${result.error.message}`, 1)
  return result
}

const racy = join(folder, 'racy')
const first = compile(racy, join('test', 'sanitizer', 'racy.c'))
if (first.status !== 0) {
  const why = first.error?.message ?? first.stderr
  end(`Skipped: the compiler makes nothing with -fsanitize=thread (Debian: gcc, libtsan2): ${why}`, 0)
}
if (!run(racy).stderr.includes('data race')) {
  end('A race made on purpose was not reported: nothing would be found here.', 1)
}

// What a small file's cached read does is the loop's own thread's.
const PARTS = /^(pool|whole(?!_cached)|tree|compute|program|interrupt|descriptors|move).*\.c$/
const parts = readdirSync(join(root, 'native')).filter((name) => PARTS.test(name)).map((name) => join('native', name))
const threads = join(folder, 'threads')
const second = compile(threads, ...['threads.c', 'calls.c', 'node.c'].map((name) => join('test', 'sanitizer', name)), ...parts)
if (second.status !== 0) end(second.stderr, 1)
for (const one of seed === undefined ? SEEDS : [seed]) {
  const { status, signal, stdout, stderr } = run(threads, String(seconds ?? SECONDS), String(one))
  process.stdout.write(stdout)
  if (status === 0 && stderr === '') continue
  end(`${stderr}\nWith seed ${String(one)} it ended with ${String(status ?? signal)}.`, 1)
}
