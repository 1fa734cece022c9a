// The texts of all commands: a snapshot, so that each change of them is seen, at 80 and at 60 columns; versions, completion, exit codes, start.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { command, inFolder, run } from './command.js'

const COMMANDS = ['bench', 'completion', 'copy', 'probe', 'run', 'serve', 'sync', 'top', 'trace', 'transfer']
/** TRUEAIO_SNAPSHOTS=write makes them anew. */
const isWriting = process.env['TRUEAIO_SNAPSHOTS'] === 'write'
const snapshots = fileURLToPath(new URL('../../../test/cli/help.snapshot.json', import.meta.url))

function texts(columns: string): Record<string, readonly string[]> {
  return Object.fromEntries([['trueaio', ['--help']], ...COMMANDS.map((name) => [name, [name, '--help']] as const)].map(([name, words]) => {
    const { status, stdout, stderr } = run(words as readonly string[], undefined, { COLUMNS: columns })
    assert.equal(status, 0, stderr)
    return [name as string, stdout.trimEnd().split('\n')]
  }))
}

describe('help', () => {
  test('the texts are those of the snapshot', () => {
    const now = { 80: texts('80'), 60: texts('60') }
    if (isWriting) writeFileSync(snapshots, `${JSON.stringify(now, undefined, 2)}\n`)
    assert.deepEqual(now, JSON.parse(readFileSync(snapshots, 'utf8')))
    for (const [columns, all] of Object.entries(now)) {
      for (const lines of Object.values(all)) {
        for (const line of lines.slice(4)) assert.ok(line.length <= Number(columns), `${columns}: ${line}`)
        assert.ok(!lines.join('\n').includes('\u001b'))
      }
    }
  })

  test('help NAME is NAME --help; -h too; a program’s own --help is the program’s', () => inFolder((folder) => {
    for (const name of ['bench', 'run', 'serve']) assert.equal(run(['help', name]).stdout, run([name, '--help']).stdout)
    assert.equal(run(['-h']).stdout, run(['--help']).stdout)
    writeFileSync(join(folder, 'app.mjs'), 'console.log(process.argv[2])\n')
    assert.equal(run(['run', '-q', 'app.mjs', '--help'], folder).stdout, '--help\n')
  }))

  test('--version is the package’s', () => {
    const { version } = JSON.parse(readFileSync(fileURLToPath(new URL('../../../package.json', import.meta.url)), 'utf8')) as { version: string }
    assert.equal(run(['--version']).stdout, `${version}\n`)
  })

  test('a wrong option or command ends with 2, in one line', () => {
    for (const words of [['run', '--no'], ['trace', '--slower', 'x', 'app.js'], ['top', '--interval', '0', '1'], ['completion', 'csh'], ['probe', 'now'], ['help', 'nothing']]) {
      const { status, stderr } = run(words)
      assert.equal(status, 2, words.join(' '))
      assert.match(stderr, /^trueaio: .+\n$/)
    }
  })
})

describe('completion', () => {
  for (const [shell, check] of [['bash', ['bash', '-n']], ['zsh', ['bash', '-n']], ['fish', undefined]] as const) {
    test(`${shell} is given every command and option`, () => {
      const { stdout } = run(['completion', shell])
      for (const name of COMMANDS) assert.ok(stdout.includes(name), name)
      assert.ok(stdout.includes('output-format') && stdout.includes('by-site'))
      if (check !== undefined) assert.equal(spawnSync(check[0], [check[1]], { input: stdout, encoding: 'utf8' }).stderr, '')
    })
  }

  test('bash completes', () => {
    const script = `source <(${JSON.stringify(process.execPath)} ${JSON.stringify(command)} completion bash); COMP_WORDS=(trueaio trace --by); COMP_CWORD=2; _trueaio; echo "\${COMPREPLY[@]}"`
    assert.equal(spawnSync('bash', ['-c', script], { encoding: 'utf8' }).stdout.trim(), '--by-path --by-site')
  })
})

test('a command’s help loads no engine', () => {
  for (const name of COMMANDS.filter((each) => each !== 'completion')) {
    const { stdout, stderr } = spawnSync(process.execPath, ['--import', 'data:text/javascript,process.on("exit",()=>process._rawDebug(process.report.getReport().sharedObjects.filter((path)=>path.endsWith("trueaio.node")).length))', command, name, '--help'], { encoding: 'utf8' })
    assert.match(stdout, /^trueaio /)
    assert.equal(stderr.trim(), '0', name)
  }
})
