// The inner loops of native/compute*.c under sanitizers, for this processor and for arm64, as far as compilers and an emulator are here;
// and what TRUEAIO_COMPUTE asks for.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { loadBinding } from '#src/native/load.js'
import { PATIENCE } from '../launcher/patience.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'trueaio-compute-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

const PROGRAM = join(root, 'test', 'sanitizer', 'compute.c')
const LOOPS = ['plain', 'x64', 'arm64'].map((name) => join(root, 'native', `compute_${name}.c`))

function has(command: string): boolean {
  return spawnSync(command, ['--version'], { stdio: 'ignore', timeout: 20_000 }).status === 0
}

function build(compiler: string, flags: readonly string[], name: string): string {
  const file = join(folder, name)
  execFileSync(compiler, ['-std=gnu11', '-Wall', '-Wextra', '-Werror', '-g', '-O1', ...flags, PROGRAM, ...LOOPS, '-o', file, '-lpthread'], { stdio: ['ignore', 'ignore', 'pipe'], timeout: 120_000 })
  return file
}

test('this processor’s loops do what plain C does, and the standards’ examples', { skip: process.platform !== 'linux' || !has('gcc') ? 'no gcc here' : false }, () => {
  const output = execFileSync(build('gcc', ['-fsanitize=address,undefined', '-fno-sanitize-recover=all'], 'here'), { encoding: 'utf8', timeout: 120_000 })
  assert.match(output, /plain C is right\n/)
  if (loadBinding().binding?.computeBy !== undefined) assert.equal(output.split('\n').filter((line) => line.endsWith('is right')).length, 2)
})

test('arm64’s likewise', { skip: !has('aarch64-linux-gnu-gcc') || !has('qemu-aarch64-static') ? 'no cross compiler and emulator here' : false }, () => {
  const file = build('aarch64-linux-gnu-gcc', ['-static'], 'arm64')
  assert.match(execFileSync('qemu-aarch64-static', [file], { encoding: 'utf8', timeout: 120_000 }), /NEON.* is right/)
})

test('TRUEAIO_COMPUTE=plain asks for plain C', { skip: loadBinding().reason ?? false }, () => {
  const program = "import { Proactor, crc32c } from 'trueaio'; const io = new Proactor({ driver: 'thread-pool' }); " +
    "console.log(io.runSync([crc32c(Buffer.from('123456789'))])[0].value, io.explain(crc32c(Buffer.alloc(1)))); await io.close()"
  const answers = ['plain', ''].map((value) => execFileSync(process.execPath, ['--input-type=module', '-e', program], {
    cwd: root, encoding: 'utf8', timeout: 60_000 * PATIENCE, env: { ...process.env, TRUEAIO_COMPUTE: value },
  }))
  assert.match(answers[0] ?? '', /^3808858755 .*plain C/)
  assert.match(answers[1] ?? '', new RegExp(`^3808858755 .*${(loadBinding().binding?.computeBy ?? '').replaceAll(/[.]/g, '\\.')}`))
})
