// Runs the compiled tests: all of build/test, or those whose path contains one of the words given.
//   node scripts/run-tests.mjs                      everything
//   node scripts/run-tests.mjs conformance fuzz     files with either word in their path
//   node scripts/run-tests.mjs proactor --test-name-pattern=abort
//   node scripts/run-tests.mjs '!binaries' '!tidy'  files with neither word in their path
// Files are passed one by one, since what `node --test` makes of a directory differs between Node 20 and 26.
import { spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** How much slower than usual this machine is: emulated ones set it. */
const PATIENCE = Number(process.env.TRUEAIO_TEST_PATIENCE ?? 1)
const TEST_MILLISECONDS_MAX = 180_000 * PATIENCE
const FILES_AT_ONCE = 2

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const folder = join(root, 'build', 'test')
if (!existsSync(folder)) {
  process.stderr.write('There are no compiled tests: run "npm run build" first.\n')
  process.exit(1)
}

const INSTALLED = join('build', 'test', 'installed')
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const unwanted = process.argv.slice(2).filter((argument) => argument.startsWith('!')).map((argument) => argument.slice(1))
const words = process.argv.slice(2).filter((argument) => !/^[-!]/.test(argument))
const files = readdirSync(folder, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.test.js'))
  .map((entry) => relative(root, join(entry.parentPath, entry.name)))
  // A compiled test whose source is gone is not a test any more.
  .filter((file) => existsSync(join(root, 'test', relative(join('build', 'test'), file).replace(/\.js$/, '.ts'))))
  // Those over the installed package need what scripts/test-installed.mjs makes first.
  .filter((file) => !file.startsWith(INSTALLED) || words.some((word) => word.startsWith('installed/')))
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .filter((file) => !unwanted.some((word) => file.includes(word)))
  .sort()
if (files.length === 0) {
  process.stderr.write(`No test file has ${words.map((word) => `"${word}"`).join(' or ')} in its path.\n`)
  process.exit(1)
}

// One form of report on every Node: before 23 the default hung on whether a terminal is there.
if (!flags.some((flag) => flag.startsWith('--test-reporter'))) flags.push('--test-reporter=spec')

// --expose-gc reaches the processes that node --test starts: some tests ask what survives a collection.
const child = spawn(
  process.execPath,
  ['--expose-gc', '--enable-source-maps', '--test', `--test-concurrency=${String(FILES_AT_ONCE)}`, `--test-timeout=${String(TEST_MILLISECONDS_MAX)}`, ...flags, ...files],
  { cwd: root, stdio: 'inherit' },
)
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal))
child.on('close', (code, signal) => {
  process.exitCode = signal === null ? (code ?? 1) : 1
})
