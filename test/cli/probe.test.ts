// `trueaio probe`, as a user runs it.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { Proactor } from 'trueaio'

const command = fileURLToPath(new URL('../../../dist/cli/main.js', import.meta.url))

function run(...options: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [command, ...options], { encoding: 'utf8', timeout: 20_000 })
}

test('probe --json tells the same as explain()', async () => {
  const { status, stdout, stderr } = run('probe', '--json')
  assert.equal(status, 0, stderr)
  const { drivers, operations } = JSON.parse(stdout) as { drivers: { name: string; state: string }[]; operations: Record<string, string> }
  const io = new Proactor()
  assert.equal(drivers.find(({ state }) => state === 'in use')?.name, io.explain().find(({ state }) => state === 'in use')?.name)
  await io.close()
  assert.match(operations['read'] ?? '', /^(io-uring|linux-aio|thread-pool|node): /)
})

test('probe prints the drivers with their states', () => {
  const { status, stdout } = run('probe', '--driver', 'node')
  assert.equal(status, 0)
  assert.match(stdout, /^node +.*in use/m)
  assert.match(stdout, /^read +node: /m)
})

test('a wrong command, option or driver is told, with what was expected', () => {
  for (const [options, said] of [
    [[], /expected a command \(bench, .*\), got none/],
    [['prob'], /expected a command \(bench, .*\), got 'prob'/],
    [['probe', '--jsonn'], /Unknown option '--jsonn'/],
    [['probe', '--driver', 'floppy'], /must be one of io-uring, linux-aio, thread-pool, iocp, node/],
  ] as const) {
    const { status, stderr } = run(...options)
    assert.equal(status, 2)
    assert.match(stderr, said)
  }
})
