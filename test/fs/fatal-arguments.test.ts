// Numbers with which Node ends the process, by a check in C++: here they are refused, or mean what the kernel makes of them.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { test } from 'node:test'

const PROGRAM = `
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as fs from 'trueaio/fs'
const directory = mkdtempSync(join(tmpdir(), 'fatal-'))
const at = (name) => join(directory, name)
const { promises } = fs
const told = []
for (const mode of [2 ** 31 + 0o640, 2 ** 32 - 1, '37777777777']) {
  await promises.writeFile(at('file'), '', { mode })
  told.push(statSync(at('file')).mode & 0o777)
  await promises.appendFile(at('file'), 'x', { mode })
  await promises.chmod(at('file'), mode)
  const handle = await promises.open(at('file'), 'r', mode)
  await handle.chmod(mode)
  for (const length of [1.5, NaN]) {
    for (const form of [[Buffer.alloc(4), 0, length, 0], [Buffer.alloc(4), { length }], [{ length }]]) {
      await handle.read(...form).catch(({ code }) => told.push(code))
    }
  }
  await handle.close()
  for (const bufferSize of [2 ** 31 - 1, 2 ** 32 - 1]) {
    const opened = await promises.opendir(directory, { bufferSize })
    told.push((await opened.read()).name)
    await opened.close()
    await new Promise((resolve) => fs.opendir(directory, { bufferSize }, (_error, other) => other.close(resolve)))
  }
  await promises.mkdir(at('one/two/three'), { mode, recursive: true })
  await new Promise((resolve) => fs.chmod(at('file'), mode, resolve))
  rmSync(at('file'))
  rmSync(at('one'), { recursive: true })
}
rmSync(directory, { recursive: true })
process.stdout.write(JSON.stringify(told))
`

test('modes from 2 ** 31 on, lengths that are no integers, more entries of a directory than memory holds', () => {
  const text = execFileSync(process.execPath, ['--input-type=module', '-e', `process.umask(0o022)\n${PROGRAM}`], { encoding: 'utf8', timeout: 20_000 })
  const rest = [...new Array<string>(6).fill('ERR_OUT_OF_RANGE'), 'file', 'file']
  assert.deepEqual(JSON.parse(text), [0o640, ...rest, 0o755, ...rest, 0o755, ...rest])
})
