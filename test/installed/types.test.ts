// The types, from the oldest TypeScript that is promised to the newest, with each line of Node's types, and libraries checked.
import assert from 'node:assert/strict'
import { rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { Tools, project, run } from './project.js'

const TYPESCRIPTS = ['5.4.5', '5.6.3', '5.9.3', '6.0.3', 'latest']
const NODE_TYPES = ['20', '22', '24', 'latest']

const PROGRAM = `
import { Proactor, open, read, statx, type Operation } from 'trueaio'
import { Acall } from 'trueaio/acall'
import { CompletionPort } from 'trueaio/completion-port'
import { EventQueue } from 'trueaio/event-queue'
import fs, { readFile as readFileWithCallback } from 'trueaio/fs'
import { open as openHandle, readFile, stat } from 'trueaio/fs/promises'
import { io_setup } from 'trueaio/linux-aio'
import { aiocb } from 'trueaio/posix-aio'
import { simulated } from 'trueaio/simulated'
import { Semaphore, compute } from 'trueaio/work'
import 'trueaio/register'

export async function use(): Promise<number> {
  const io = new Proactor({ driver: simulated({ seed: 1 }) })
  const operation: Operation<number> = open('package.json')
  const fd: number = await io.submit(operation, { timeout: 10 })
  const bytes: number = await io.submit(read(fd, Buffer.alloc(1), { offset: 0 }))
  const { size } = await io.submit(statx('package.json'))
  const text: string = await readFile('package.json', { encoding: 'utf8', timeout: 100 })
  const handle = await openHandle('package.json')
  await handle.close()
  readFileWithCallback('package.json', (error, content) => error ?? content.length)
  fs.createReadStream('package.json').destroy()
  const doubled: number = await compute<number>({ module: 'data:text/javascript,' })
  return bytes + size + text.length + (await stat('package.json')).size + doubled + new Semaphore(1).free
}
export const classes = [Acall, CompletionPort, EventQueue, io_setup, aiocb] as const
`

describe('types', () => {
  for (const version of TYPESCRIPTS) {
    test(`TypeScript ${version}`, async (t) => {
      const compiler = await Tools.get(t, `typescript@${version}`)
      if (compiler === undefined) return
      for (const types of NODE_TYPES) {
        const tools = await Tools.get(t, `@types/node@${types}`)
        if (tools === undefined) return
        for (const [module, resolution] of [['nodenext', 'nodenext'], ['esnext', 'bundler']] as const) {
          const path = project(t, {
            'program.ts': PROGRAM,
            'tsconfig.json': JSON.stringify({
              compilerOptions: { strict: true, exactOptionalPropertyTypes: true, target: 'es2022', module, moduleResolution: resolution, skipLibCheck: false, noEmit: true, types: ['node'] }, files: ['program.ts'],
            }),
          })
          symlinkSync(join(tools.path, 'node_modules', '@types'), join(path, 'node_modules', '@types'))
          symlinkSync(join(tools.path, 'node_modules', 'undici-types'), join(path, 'node_modules', 'undici-types'))
          const said: string = await run(compiler.bin('tsc'), ['-p', '.', '--pretty', 'false', '--preserveSymlinks'], { cwd: path })
            .then(({ stdout }) => stdout, (error: unknown) => (error as { readonly cause: { readonly stdout: string } }).cause.stdout)
          // What Node's types of today ask of an older compiler is not ours to mend.
          const ours = said.split('\n').filter((line) => /^(program\.ts|node_modules\/trueaio\/)|error TS\d+: (?!.*@types)/.test(line) && !/^node_modules\/(@types|undici-types)\//.test(line))
          assert.deepEqual(ours, [], `@types/node ${types}, module ${module}`)
          rmSync(path, { recursive: true })
        }
      }
    })
  }
})
