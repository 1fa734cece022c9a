// How this thread's own proactor is made: configure(), the environment, setDefaultProactor(). Each case is a process of its own.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { describe, test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const checkout = fileURLToPath(new URL('../../', import.meta.url))

/** What a program prints, from JSON. */
async function run(program: string, environment: NodeJS.ProcessEnv = {}, flags: readonly string[] = []): Promise<unknown> {
  const prelude = 'import { configure, defaultProactor, setDefaultProactor, Proactor } from "trueaio"; const failure = async (work) => { try { await work() } catch (error) { return [error.code, error.message] } };\n'
  const { stdout } = await promisify(execFile)(
    process.execPath, [...flags, '--input-type=module', '-e', `${prelude}console.log(JSON.stringify(await (async () => {${program}})()))`],
    { cwd: checkout, env: { ...process.env, ...environment }, timeout: 30_000 },
  )
  return JSON.parse(stdout)
}

describe('configure', () => {
  test('driver and limits are those asked for', async () => {
    assert.deepEqual(await run(`
      configure({ driver: 'node', inFlightMax: 77, bytesLentMax: 12345 })
      configure({ inFlightMax: 78, latency: true })
      const { limits } = defaultProactor()
      await defaultProactor().submit((await import('trueaio')).statx('.'))
      return [limits, defaultProactor().explain().map(({ name, state }) => [name, state]), typeof defaultProactor().statistics.operations.statx.latency]
    `), [{ inFlightMax: 78, bytesLentMax: 12345 }, [['node', 'in use']], 'object'])
  })

  test('the environment names them for a program that is not changed, and configure() counts more', async () => {
    const environment = { TRUEAIO_DRIVER: 'node', TRUEAIO_IN_FLIGHT_MAX: '55', TRUEAIO_BYTES_LENT_MAX: '66666', TRUEAIO_THREADS: '3', TRUEAIO_LATENCY: '0' }
    assert.deepEqual(await run('return [defaultProactor().limits, defaultProactor().explain()[0].name]', environment), [{ inFlightMax: 55, bytesLentMax: 66666 }, 'node'])
    const nothing = Object.fromEntries(Object.keys(environment).map((name) => [name, '']))
    assert.deepEqual(await run('return [defaultProactor().limits, defaultProactor().explain().length]', nothing), await run('return [defaultProactor().limits, defaultProactor().explain().length]'))
    assert.deepEqual(await run('configure({ inFlightMax: 56 }); return defaultProactor().limits', environment), { inFlightMax: 56, bytesLentMax: 66666 })
  })

  test('openFilesMax holds for the drop-in, from either', async () => {
    const program = `
      const { simulated } = await import('trueaio/simulated')
      const { readFile } = await import('trueaio/fs/promises')
      const driver = simulated({ seed: 1 })
      driver.files.write('/a', 'content')
      driver.addFault({ opcode: 'read', hang: true })
      setDefaultProactor(new Proactor({ driver }))
      const abort = new AbortController()
      const reads = Array.from({ length: 9 }, () => readFile('/a', { signal: abort.signal }).catch(({ name }) => name))
      for (let turns = 0; turns < 50; turns++) await new Promise((resolve) => setImmediate(resolve))
      const open = driver.openDescriptors
      abort.abort()
      return [open, new Set(await Promise.all(reads)).size]
    `
    assert.deepEqual(await run(program), [9, 1])
    assert.deepEqual(await run(program, { TRUEAIO_OPEN_FILES_MAX: '3' }), [3, 1])
    assert.deepEqual(await run(`configure({ openFilesMax: 4 });${program}`, { TRUEAIO_OPEN_FILES_MAX: '3' }), [4, 1])
  })

  test('a bad setting is refused by name, and changes nothing', async () => {
    assert.deepEqual(await run(`
      const failures = []
      for (const bad of [null, { thread: 1 }, { threads: 0 }, { inFlightMax: 1.5 }, { bytesLentMax: '1' }, { openFilesMax: 2 ** 21 }, { latency: 1 }]) failures.push((await failure(() => configure(bad)))?.[0])
      return [failures, defaultProactor().limits.inFlightMax]
    `, { TRUEAIO_DRIVER: 'node' }), [[
      'ERR_INVALID_ARG_TYPE', 'ERR_INVALID_ARG_VALUE', 'ERR_OUT_OF_RANGE', 'ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE', 'ERR_OUT_OF_RANGE', 'ERR_INVALID_ARG_TYPE',
    ], 4096])
  })

  test('a bad variable is told with its name and what it may be', async () => {
    for (const [name, value] of [['TRUEAIO_THREADS', 'many'], ['TRUEAIO_IN_FLIGHT_MAX', '0'], ['TRUEAIO_BYTES_LENT_MAX', '1e99'], ['TRUEAIO_LATENCY', 'yes']] as const) {
      const [code, message] = await run('return failure(() => defaultProactor())', { [name]: value }) as [string, string]
      assert.equal(code, 'ERR_INVALID_ARG_VALUE')
      assert.match(message, new RegExp(`${name}.* in the environment must be .*'${value}'`))
    }
  })

  test('after the first use it says who was first, and what to do', async () => {
    const [code, message] = await run('defaultProactor(); return failure(() => configure({ threads: 2 }))') as [string, string]
    assert.equal(code, 'ERR_TRUEAIO_IN_USE')
    assert.match(message, /this thread's proactor has been in use.*setDefaultProactor/)
    assert.equal((await run('await (await import("trueaio/fs/promises")).readFile("README.md"); return failure(() => configure({ threads: 2 }))') as string[])[0], 'ERR_TRUEAIO_IN_USE')
  })

  test('each worker thread has settings of its own', async () => {
    assert.deepEqual(await run(`
      configure({ inFlightMax: 9, driver: 'node' })
      const { Worker } = await import('node:worker_threads')
      const { once } = await import('node:events')
      const worker = new Worker("import { parentPort } from 'node:worker_threads'; import('trueaio').then(({ configure, defaultProactor }) => { configure({ inFlightMax: 11 }); parentPort.postMessage(defaultProactor().limits.inFlightMax) })", { eval: true })
      const [inWorker] = await once(worker, 'message')
      await worker.terminate()
      return [inWorker, defaultProactor().limits.inFlightMax]
    `), [11, 9])
  })
})

describe('setDefaultProactor', () => {
  test('a program on the drop-in meets a failing disk', async () => {
    const program = `
      const { simulated } = await import('trueaio/simulated')
      const driver = simulated({ seed: 1 })
      driver.files.write('/data/a', Buffer.from('content'))
      const io = new Proactor({ driver })
      const had = setDefaultProactor(io)
      const { readFile } = await import('trueaio/fs/promises')
      const before = String(await readFile('/data/a'))
      driver.addFault({ opcode: 'read', at: 1, error: 'EIO' })
      const [code] = await failure(() => readFile('/data/a'))
      setDefaultProactor(had)
      await io.close()
      return [before, code, had === undefined]
    `
    assert.deepEqual(await run(program), ['content', 'EIO', true])
  })

  test('anything else is refused', async () => {
    assert.equal((await run('return failure(() => setDefaultProactor({}))') as string[])[0], 'ERR_INVALID_ARG_TYPE')
  })
})
