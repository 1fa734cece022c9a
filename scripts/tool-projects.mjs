// The projects that compare-tools.mjs gives to its tools: made from nothing but numbers, so that every machine has the same.
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { crc32, deflateRawSync } from 'node:zlib'

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

/** Small files of 0.5 to 8 KB, below `src`. */
export function makeFiles(root, count) {
  for (let index = 0; index < count; index++) write(join(root, 'src', `${modulePath(index)}.txt`), `${String(index)} ${'words '.repeat(80 + index * 37 % 1200)}\n`)
}

const LOCAL_SIGNATURE = 0x04034b50
const CENTRAL_SIGNATURE = 0x02014b50
const END_SIGNATURE = 0x06054b50
const DEFLATED = 8

/** The fields that an entry has in front of its content and in the directory at the end: version, flags, method, time, date, sums and lengths. */
function zipFields(content, packed, name) {
  const fields = Buffer.alloc(26)
  fields.writeUInt16LE(20, 0)
  fields.writeUInt16LE(DEFLATED, 4)
  fields.writeUInt16LE(0x21, 8) // the first of January 1980
  fields.writeUInt32LE(crc32(content), 10)
  fields.writeUInt32LE(packed.length, 14)
  fields.writeUInt32LE(content.length, 18)
  fields.writeUInt16LE(name.length, 22)
  return fields
}

function word(value) {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}

/** The same files in `files.zip`. */
export function makeZip(root, count) {
  const entries = []
  const directory = []
  let at = 0
  for (let index = 0; index < count; index++) {
    const content = Buffer.from(`${String(index)} ${'words '.repeat(80 + index * 37 % 1200)}\n`)
    const name = Buffer.from(`${modulePath(index)}.txt`)
    const packed = deflateRawSync(content)
    const fields = zipFields(content, packed, name)
    directory.push(word(CENTRAL_SIGNATURE), Buffer.from([20, 0]), fields, Buffer.alloc(10), word(at), name)
    entries.push(word(LOCAL_SIGNATURE), fields, name, packed)
    at += 4 + fields.length + name.length + packed.length
  }
  const end = Buffer.alloc(22)
  end.writeUInt32LE(END_SIGNATURE, 0)
  end.writeUInt16LE(count, 8)
  end.writeUInt16LE(count, 10)
  end.writeUInt32LE(Buffer.concat(directory).length, 12)
  end.writeUInt32LE(at, 16)
  write(join(root, 'files.zip'), Buffer.concat([...entries, ...directory, end]))
}

/** By tool from npm: what its program is, started in the project's folder, which writes to `out`. Each is given so many files. */
export const PROGRAMS = {
  'node-tar': () => `
    import { mkdirSync } from 'node:fs'
    import { create, extract } from 'tar'
    mkdirSync('out')
    await create({ file: 'out/files.tar', portable: true }, ['src'])
    await extract({ file: 'out/files.tar', cwd: 'out' })
  `,
  'unzipper': () => `
    import unzipper from 'unzipper'
    const directory = await unzipper.Open.file('files.zip')
    await directory.extract({ path: 'out', concurrency: 8 })
  `,
  'cpy': () => `
    import cpy from 'cpy'
    await cpy('src/**', 'out')
  `,
  'multer': (count) => `
    import { mkdirSync } from 'node:fs'
    import { createServer, request } from 'node:http'
    import multer from 'multer'
    const storage = multer.diskStorage({ destination: 'out', filename: (_, { originalname }, tell) => tell(null, originalname) })
    mkdirSync('out', { recursive: true })
    const upload = multer({ storage }).single('file')
    const server = createServer((incoming, response) => upload(incoming, response, (error) => response.writeHead(error ? 500 : 200).end()))
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
    const send = (index) => new Promise((resolve, reject) => {
      const body = '--edge\\r\\nContent-Disposition: form-data; name="file"; filename="' + index + '.txt"\\r\\nContent-Type: text/plain\\r\\n\\r\\n'
        + 'content '.repeat(100 + index % 50 * 80) + '\\r\\n--edge--\\r\\n'
      request({ port: server.address().port, method: 'POST', headers: { 'content-type': 'multipart/form-data; boundary=edge', 'content-length': body.length } }, (response) => {
        response.resume().on('end', () => (response.statusCode === 200 ? resolve() : reject(new Error(response.statusCode))))
      }).on('error', reject).end(body)
    })
    let next = 0
    await Promise.all(Array.from({ length: 8 }, async () => {
      while (next < ${String(count)}) await send(next++)
    }))
    server.close()
  `,
  'winston': (count) => `
    import winston from 'winston'
    const file = new winston.transports.File({ filename: 'out/log', format: winston.format.printf(({ message }) => message) })
    const logger = winston.createLogger({ transports: [file] })
    for (let line = 0; line < ${String(count * 50)}; line++) {
      logger.info('line ' + line + ' of a log that somebody writes')
      if (line % 100 === 0) await new Promise((resolve) => setImmediate(resolve))
    }
    logger.end()
    await new Promise((resolve) => file.once('finish', resolve))
  `,
}
