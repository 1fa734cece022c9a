// The installed package under Node itself: every entry used, by import and by require, and the modes of Node that take something away.
import assert from 'node:assert/strict'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EVERYTHING, EVERYTHING_REQUIRED, REGISTERED, entriesIn } from './program.js'
import { node, project } from './project.js'

const NODE = process.versions.node.split('.').map(Number) as [number, number]

describe('installed, under Node', () => {
  test('the programs name every entry of package.json', (t) => {
    const { exports } = JSON.parse(readFileSync(join(project(t), 'node_modules', 'trueaio', 'package.json'), 'utf8')) as { exports: Record<string, unknown> }
    assert.deepEqual([...new Set([...entriesIn(EVERYTHING), ...entriesIn(REGISTERED)])].sort(), Object.keys(exports).sort())
  })

  test('a program that registered works on the engine, and the manifest can be imported', async (t) => {
    const path = project(t, { 'registered.mjs': REGISTERED })
    assert.equal((await node(path, ['--no-warnings', 'registered.mjs'])).stdout, 'trueaio true\n')
    // Without the addon node:fs stays what it is.
    assert.equal((await node(path, ['--no-warnings', 'registered.mjs'], { TRUEAIO_ADDON: 'off' })).stdout, 'trueaio false\n')
  })

  test('every entry works, imported and required', async (t) => {
    const path = project(t, { 'esm.mjs': EVERYTHING, 'cjs.cjs': EVERYTHING_REQUIRED })
    const { stdout, stderr } = await node(path, ['esm.mjs'])
    assert.equal(stderr, '')
    const required = await node(path, ['--no-warnings', 'cjs.cjs'])
    assert.equal(required.stdout, stdout)
    assert.match(stdout, /^used (io-uring|thread-pool|linux-aio)$/m)
  })

  test('every entry works without the addon', async (t) => {
    const path = project(t, { 'esm.mjs': EVERYTHING })
    assert.equal((await node(path, ['esm.mjs'], { TRUEAIO_ADDON: 'off' })).stdout, 'used node\n')
    rmSync(join(path, 'node_modules', '@trueaio'), { recursive: true })
    assert.equal((await node(path, ['esm.mjs'])).stdout, 'used node\n')
  })

  test('under the permission model nothing goes around it', async (t) => {
    const flag = NODE[0] > 23 || (NODE[0] === 23 && NODE[1] >= 5) ? '--permission' : '--experimental-permission'
    const path = project(t, {
      'program.mjs': `
        import { Proactor, open } from 'trueaio'
        import { readFile, writeFile } from 'trueaio/fs/promises'
        import { Acall } from 'trueaio/acall'
        const results = [(await readFile('package.json')).length > 0]
        results.push(await writeFile('written', 'x').catch(({ code }) => code))
        const io = new Proactor()
        results.push(await io.submit(open('written', { flags: 0o101, mode: 0o644 })).catch(({ code }) => code))
        results.push(io.explain().find(({ state }) => state === 'in use').name)
        results.push(io.explain().find(({ name }) => name === 'io-uring').reason)
        console.log(JSON.stringify(results))
      `,
    })
    for (const addons of [[], ['--allow-addons']]) {
      const { stdout } = await node(path, ['--no-warnings', flag, `--allow-fs-read=${path}/*`, ...addons, 'program.mjs'])
      const [read, written, opened, driver, reason] = JSON.parse(stdout) as [boolean, string, string, string, string]
      assert.deepEqual([read, written, opened, driver], [true, 'ERR_ACCESS_DENIED', 'EACCES', 'node'], addons.join())
      assert.match(reason, /permission model/)
      assert.ok(!existsSync(join(path, 'written')))
    }
  })

  test('in a browser it says where it runs', async (t) => {
    const path = project(t)
    // What a bundler for browsers would put together: there is no process there, or one without built-in modules.
    for (const instead of ['undefined', '{ env: {} }']) {
      await assert.rejects(node(path, ['--input-type=module', '-e', `globalThis.process = ${instead}; await import('trueaio/fs/promises')`]), /trueaio runs on Node\.js/)
    }
  })

  test('a start-up snapshot that uses it says what is wrong, or works', { skip: NODE[0] < 20 ? 'no snapshots' : false }, async (t) => {
    const path = project(t, {
      'snapshot.cjs': `
        const { startupSnapshot } = require('node:v8')
        startupSnapshot.setDeserializeMainFunction(() => {
          const { readFile } = process.getBuiltinModule('node:module').createRequire(process.cwd() + '/main.cjs')('trueaio/fs/promises')
          readFile('package.json').then((bytes) => console.log(bytes.length > 0))
        })
      `,
    })
    await node(path, ['--no-warnings', '--snapshot-blob', 'blob', '--build-snapshot', 'snapshot.cjs'])
    const { stdout } = await node(path, ['--no-warnings', '--snapshot-blob', 'blob', 'main.cjs'])
    assert.equal(stdout, 'true\n')
  })
})
