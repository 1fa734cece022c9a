// ① interface — one request to one response: what is asked for, whether it may be had, whether the client has it already, and which bytes of it go
// out in which form.
import { randomBytes } from 'node:crypto'
import { STATUS_CODES, type IncomingMessage, type ServerResponse } from 'node:http'
import { lookup, mimes } from 'mrmime'
import { close } from '../../operation/file.js'
import { codingFor, wantsJson, type Coding } from './accept.js'
import { ClientGone, ended, packerFor, sendCompressed, sendSlice, Shortened, written } from './body.js'
import { dateText, rangeCounts, statusByConditions, validatorsOf } from './conditions.js'
import { listed, listingJson, listingPage } from './listing.js'
import { lengthOf, slicesOf, type Slice } from './ranges.js'
import { encodedName, wantedOf, type Wanted } from './request-path.js'
import type { Opened, Root } from './root.js'

export interface ResponderOptions {
  readonly hasDotFiles: boolean
  readonly hasListing: boolean
  readonly compresses: boolean
}

/** Below it a compressed answer is hardly shorter. */
const COMPRESSED_BYTES_MIN = 1024
const COMPRESSIBLE = /^(text\/|application\/(.*\+)?(json|xml|javascript|wasm|toml|x-sh|rtf|manifest)|image\/(svg\+xml|bmp)|font\/(ttf|otf))/
const METHODS = 'GET, HEAD, OPTIONS'
const INDEX = Buffer.from('index.html')
const RETRY_SECONDS = '1'

/** Statuses for what the system says about a path. All others are 500. */
const STATUS_BY_CODE: Readonly<Record<string, number>> = {
  ENOENT: 404, ENOTDIR: 404, ENAMETOOLONG: 404, ELOOP: 404, ENXIO: 404, ENODEV: 404, EXDEV: 404, EINVAL: 404, EISDIR: 404, ESTALE: 404,
  EACCES: 403, EPERM: 403, EMFILE: 503, ENFILE: 503, ENOMEM: 503, EAGAIN: 503,
}

function typeOf(name: Buffer): string {
  const text = name.toString('latin1')
  const extension = text.slice(text.lastIndexOf('.') + 1).toLowerCase()
  // Names such as `x.constructor` are none of the table's own.
  const type = text.includes('.') && Object.hasOwn(mimes, extension) ? lookup(extension) : undefined
  if (type === undefined) return 'application/octet-stream'
  return /^text\/|javascript$|json$|\+xml$/.test(type) ? `${type}; charset=utf-8` : type
}

/** One request and its response. */
class Exchange {
  readonly #root: Root
  readonly #options: ResponderOptions
  readonly #request: IncomingMessage
  readonly #response: ServerResponse
  /** Of the body. */
  bytes = 0

  constructor(root: Root, options: ResponderOptions, request: IncomingMessage, response: ServerResponse) {
    this.#root = root
    this.#options = options
    this.#request = request
    this.#response = response
  }

  get #isHead(): boolean {
    return this.#request.method === 'HEAD'
  }

  readonly #count = (bytes: number): void => {
    this.bytes += bytes
  }

  /** @throws ClientGone, Shortened */
  async carryOut(): Promise<void> {
    const { method = '', url = '' } = this.#request
    if (method === 'OPTIONS') {
      this.#response.writeHead(204, { allow: METHODS })
      return ended(this.#response)
    }
    // Whatever its body is, nobody reads it.
    if (this.#request.headers['content-length'] !== undefined || this.#request.headers['transfer-encoding'] !== undefined) this.#response.setHeader('connection', 'close')
    if (method !== 'GET' && method !== 'HEAD') return this.#refuse(405, { allow: METHODS })
    const wanted = wantedOf(url, this.#options.hasDotFiles)
    if (typeof wanted === 'number') return this.#refuse(wanted)
    try {
      await this.#answer(wanted)
    } catch (error) {
      const status = STATUS_BY_CODE[(error as NodeJS.ErrnoException).code ?? ''] ?? 500
      if (error instanceof ClientGone || error instanceof Shortened || this.#response.headersSent) throw error
      if (status === 500) process.stderr.write(`trueaio: ${(error as Error).message}\n`)
      for (const name of this.#response.getHeaderNames()) if (name !== 'connection') this.#response.removeHeader(name)
      await this.#refuse(status, status === 503 ? { 'retry-after': RETRY_SECONDS } : {})
    }
  }

  async #answer(wanted: Wanted): Promise<void> {
    const found = await this.#root.find(wanted.names)
    try {
      if (found.isDirectory) await this.#directory(found, wanted)
      else if (wanted.endsWithSlash) await this.#refuse(404)
      else await this.#file(found, wanted.names.at(-1) ?? INDEX)
    } finally {
      await this.#root.io.submit(close(found.fd))
    }
  }

  async #directory(found: Opened, { names, endsWithSlash, query }: Wanted): Promise<void> {
    // From its decoded names, so that it never begins with two slashes, which would be another host.
    if (!endsWithSlash) return this.#refuse(301, { location: `/${names.map((name) => `${encodedName(name)}/`).join('')}${query}` })
    const index = await this.#index(names)
    if (index === undefined) return this.#listing(found, names)
    try {
      await this.#file(index, INDEX)
    } finally {
      await this.#root.io.submit(close(index.fd))
    }
  }

  async #index(names: readonly Buffer[]): Promise<Opened | undefined> {
    try {
      const found = await this.#root.find([...names, INDEX])
      if (!found.isDirectory) return found
      await this.#root.io.submit(close(found.fd))
    } catch (error) {
      if (STATUS_BY_CODE[(error as NodeJS.ErrnoException).code ?? ''] !== 404) throw error
    }
    return undefined
  }

  async #refuse(status: number, headers: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.#memory(status, `${String(status)} ${STATUS_CODES[status] ?? ''}\n`, { 'content-type': 'text/plain; charset=utf-8', ...headers })
  }

  async #memory(status: number, text: string, headers: Readonly<Record<string, string>>): Promise<void> {
    const body = Buffer.from(text)
    this.#response.writeHead(status, { 'x-content-type-options': 'nosniff', ...headers, 'content-length': body.length })
    if (!this.#isHead) this.bytes += body.length
    return ended(this.#response, this.#isHead ? undefined : body)
  }

  async #listing({ fd }: Opened, names: readonly Buffer[]): Promise<void> {
    if (!this.#options.hasListing) return this.#refuse(404)
    const { headers } = this.#request
    const entries = await listed(this.#root.pathOf(fd, names), this.#options.hasDotFiles)
    const isJson = wantsJson(headers.accept)
    const text = isJson ? listingJson(entries) : listingPage(names, entries)
    const type = isJson ? 'application/json' : 'text/html; charset=utf-8'
    const fields = { 'content-type': type, vary: 'Accept, Accept-Encoding', 'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'", 'cache-control': 'no-cache' }
    const coding = this.#options.compresses && text.length >= COMPRESSED_BYTES_MIN ? codingFor(headers['accept-encoding']) : undefined
    if (coding === undefined) return this.#memory(200, text, fields)
    this.#response.writeHead(200, { ...fields, 'x-content-type-options': 'nosniff', 'content-encoding': coding })
    if (this.#isHead) return ended(this.#response)
    const packer = packerFor(coding, text.length)
    packer.end(text)
    for await (const chunk of packer as AsyncIterable<Buffer>) {
      await written(this.#response, chunk)
      this.bytes += chunk.length
    }
    return ended(this.#response)
  }

  async #file({ fd, stats }: Opened, name: Buffer): Promise<void> {
    const { headers } = this.#request
    const response = this.#response
    const type = typeOf(name)
    const isCompressible = this.#options.compresses && COMPRESSIBLE.test(type)
    const asked = isCompressible && stats.size >= COMPRESSED_BYTES_MIN ? codingFor(headers['accept-encoding']) : undefined
    // A range is one of the file's own bytes.
    const coding: Coding | undefined = headers.range === undefined ? asked : undefined
    const validators = validatorsOf(stats, coding)
    response.setHeader('etag', validators.etag)
    response.setHeader('last-modified', dateText(validators.modifiedSeconds))
    response.setHeader('accept-ranges', 'bytes')
    if (isCompressible) response.setHeader('vary', 'Accept-Encoding')
    const status = statusByConditions(headers, validators)
    if (status === 304) {
      response.writeHead(304)
      return ended(response)
    }
    if (status === 412) return this.#refuse(412)
    response.setHeader('x-content-type-options', 'nosniff')
    // RFC 9110: a range is of GET alone.
    const slices = !this.#isHead && rangeCounts(headers['if-range']?.toString(), validators) ? slicesOf(headers.range, stats.size) : undefined
    if (slices?.length === 0) return this.#refuse(416, { 'content-range': `bytes */${String(stats.size)}` })
    if (slices !== undefined && slices.length > 1) return this.#parts(fd, stats.size, type, slices)
    response.setHeader('content-type', type)
    const [slice] = slices ?? []
    if (coding === undefined) return this.#slice(fd, stats.size, slice)
    response.writeHead(200, { 'content-encoding': coding })
    if (this.#isHead) return ended(response)
    return sendCompressed(this.#root.io, response, fd, stats.size, coding, this.#count)
  }

  async #slice(fd: number, size: number, slice: Slice | undefined): Promise<void> {
    const { start, end } = slice ?? { start: 0, end: size }
    this.#response.writeHead(slice === undefined ? 200 : 206, {
      'content-length': end - start, ...slice === undefined ? {} : { 'content-range': `bytes ${String(start)}-${String(end - 1)}/${String(size)}` },
    })
    if (!this.#isHead) await sendSlice(this.#root.io, this.#response, fd, { start, end }, this.#count)
    return ended(this.#response)
  }

  /** multipart/byteranges. */
  async #parts(fd: number, size: number, type: string, slices: readonly Slice[]): Promise<void> {
    const boundary = randomBytes(16).toString('hex')
    const heads = slices.map(({ start, end }) => `\r\n--${boundary}\r\ncontent-type: ${type}\r\ncontent-range: bytes ${String(start)}-${String(end - 1)}/${String(size)}\r\n\r\n`)
    const last = `\r\n--${boundary}--\r\n`
    const length = lengthOf(slices) + heads.reduce((sum, head) => sum + head.length, 0) + last.length
    this.#response.writeHead(206, { 'content-type': `multipart/byteranges; boundary=${boundary}`, 'content-length': length })
    for (const [index, slice] of slices.entries()) {
      await written(this.#response, heads[index] ?? '')
      await sendSlice(this.#root.io, this.#response, fd, slice, this.#count)
    }
    return ended(this.#response, last)
  }
}

/** How a response ended. */
export interface Outcome {
  readonly bytes: number
  readonly isCut: boolean
}

/** Answers one request. Nothing of it is left open afterwards, whatever happens. */
export async function respond(root: Root, options: ResponderOptions, request: IncomingMessage, response: ServerResponse): Promise<Outcome> {
  const exchange = new Exchange(root, options, request, response)
  try {
    await exchange.carryOut()
    return { bytes: exchange.bytes, isCut: false }
  } catch (error) {
    // The announced length cannot be kept: only closing the connection tells the client.
    response.destroy()
    if (!(error instanceof ClientGone) && !(error instanceof Shortened)) process.stderr.write(`trueaio: ${(error as Error).message}\n`)
    return { bytes: exchange.bytes, isCut: true }
  }
}
