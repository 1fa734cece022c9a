// The projects that compare-tools.mjs gives to its tools: made from nothing but numbers, so that every machine has the same.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

const FILES_A_FOLDER = 25
/** Modules that each module imports: what a bundler has to follow. */
const IMPORTS = 3

function write(path, text) {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}

function modulePath(index) {
  return `folder-${String(Math.floor(index / FILES_A_FOLDER))}/module-${String(index)}`
}

/** A module imports some of those after it, so that the graph has no circles and the first reaches all. */
function imported(index, count) {
  return [...new Set(Array.from({ length: IMPORTS }, (_, nth) => index * IMPORTS + nth + 1))].filter((other) => other < count)
}

function moduleText(index, count, extension, typed) {
  const others = imported(index, count)
  const type = (text) => (typed ? text : '')
  return [
    ...others.map((other) => `import { describe as describe${String(other)} } from '../${modulePath(other)}${extension}'`),
    typed ? 'export interface Shape { readonly name: string; readonly size: number; readonly parts: readonly string[] }' : '',
    `export const shape${type(': Shape')} = { name: 'module ${String(index)}', size: ${String(index * 7)}, parts: ['a', 'b', 'c'] }`,
    `export function describe(depth${type(': number')} = 0)${type(': string')} {`,
    `  const lines = shape.parts.map((part, place) => \`\${' '.repeat(depth)}\${part} \${place * shape.size}\`)`,
    ...others.map((other) => `  lines.push(describe${String(other)}(depth + 1))`),
    '  return `${shape.name}: ${lines.join(\', \')}`',
    '}',
    `/* ${'what files are mostly made of: words '.repeat(20)} */`,
    '',
  ].join('\n')
}

/** TypeScript modules and their tsconfig.json; tsc writes to ../out. */
export function makeTypeScript(root, count) {
  for (let index = 0; index < count; index++) write(join(root, 'src', `${modulePath(index)}.ts`), moduleText(index, count, '.js', true))
  write(join(root, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'ES2022', module: 'NodeNext', strict: true, declaration: true, sourceMap: true, rootDir: 'src', outDir: 'out', types: [] }, include: ['src'],
  }))
  write(join(root, 'package.json'), '{ "type": "module" }')
}

/** JavaScript modules, an entry that imports the first, and a page for vite. */
export function makeJavaScript(root, count) {
  for (let index = 0; index < count; index++) write(join(root, 'src', `${modulePath(index)}.js`), moduleText(index, count, '.js', false))
  write(join(root, 'src', 'entry.js'), `import { describe } from './${modulePath(0)}.js'\nconsole.log(describe())\n`)
  write(join(root, 'index.html'), '<!doctype html><title>modules</title><script type="module" src="/src/entry.js"></script>\n')
  write(join(root, 'package.json'), '{ "name": "modules", "version": "1.0.0", "type": "module", "private": true }')
}

/** A package with many files, for `npm pack`. */
export function makePackage(root, count) {
  for (let index = 0; index < count; index++) write(join(root, 'lib', `${modulePath(index)}.js`), moduleText(index, count, '.js', false))
  write(join(root, 'package.json'), JSON.stringify({ name: 'many-files', version: '1.0.0', type: 'module', files: ['lib'] }))
}

/** Files of 0.5 to 400 KB and a server that sends them, loaded by its own process; it prints one digest of all bodies. */
export function makeServer(root, requests) {
  for (let index = 0; index < 100; index++) write(join(root, 'files', `${String(index)}.bin`), `${String(index)} `.repeat(256 << (index % 10)))
  write(join(root, 'server.mjs'), `
    import { createHash } from 'node:crypto'
    import { createReadStream } from 'node:fs'
    import { stat } from 'node:fs/promises'
    import { Agent, createServer, get } from 'node:http'
    import { pipeline } from 'node:stream'
    const server = createServer(async (request, response) => {
      const path = new URL('files' + request.url, import.meta.url)
      const { size } = await stat(path)
      response.setHeader('content-length', size)
      pipeline(createReadStream(path), response, (error) => {
        if (error) throw error
      })
    }).listen(0, '127.0.0.1')
    await new Promise((resolve) => server.once('listening', resolve))
    const agent = new Agent({ keepAlive: true, maxSockets: 32 })
    const digests = []
    let next = 0
    const fetchNext = () => new Promise((resolve, reject) => {
      const index = next++
      get({ agent, port: server.address().port, host: '127.0.0.1', path: '/' + index % 100 + '.bin' }, (response) => {
        const hash = createHash('sha1')
        response.on('data', (chunk) => hash.update(chunk)).on('end', () => resolve(digests[index] = hash.digest('hex'))).on('error', reject)
      }).on('error', reject)
    })
    await Promise.all(Array.from({ length: 32 }, async () => {
      while (next < ${String(requests)}) await fetchNext()
    }))
    console.log(createHash('sha1').update(digests.join()).digest('hex'))
    agent.destroy()
    server.close()
  `)
}
