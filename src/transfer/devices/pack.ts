// ① interface — compress and decompress by node:zlib: whole buffers on the calling thread or on libuv's threads, pieces on those.
import * as zlib from 'node:zlib'
import type { Transform } from 'node:stream'
import { withCode } from '../../operation/arguments.js'
import type { Device, Stage, StageEnd, Work } from '../registry/device.js'

type Options = Readonly<Record<string, unknown>>
type Whole = (bytes: Uint8Array, options: Options) => Buffer
type Later = (bytes: Uint8Array, options: Options, callback: (error: Error | null, result: Buffer) => void) => void
type Begin = (options: Options) => Transform

interface Names {
  readonly pack: string
  readonly unpack: string
  readonly level: (level: number) => Options
}

const { constants } = zlib
const flate = (level: number): Options => ({ level })
/** The names in node:zlib, by format. zstd: since Node 22.15. */
const NAMES: Readonly<Record<string, Names>> = {
  gzip: { pack: 'gzip', unpack: 'gunzip', level: flate },
  deflate: { pack: 'deflate', unpack: 'inflate', level: flate },
  brotli: { pack: 'brotliCompress', unpack: 'brotliDecompress', level: (level) => ({ params: { [constants.BROTLI_PARAM_QUALITY]: level } }) },
  zstd: { pack: 'zstdCompress', unpack: 'zstdDecompress', level: (level) => ({ params: { [(constants as unknown as Record<string, number>)['ZSTD_c_compressionLevel'] ?? 0]: level } }) },
}
const LEVELS: Readonly<Record<string, readonly [number, number]>> = { gzip: [0, 9], deflate: [0, 9], brotli: [0, 11], zstd: [-7, 22] }

function namesOf({ operation, options }: Work): { readonly name: string; readonly settings: Options } {
  const names = NAMES[options?.['format'] as string] as Names // the operation's table has checked it
  const { level, outputMost } = options ?? {}
  const settings = { ...(level === undefined ? {} : names.level(level as number)), ...(outputMost === undefined ? {} : { maxOutputLength: outputMost }) }
  return { name: operation === 'compress' ? names.pack : names.unpack, settings }
}

function functionOf(name: string): unknown {
  return (zlib as unknown as Readonly<Record<string, unknown>>)[name]
}

function can(work: Work): true | string {
  const { name } = namesOf(work)
  if (functionOf(name) === undefined) return `this Node's zlib has no ${name}`
  const { format, level } = work.options ?? {}
  const [least, most] = LEVELS[format as string] as readonly [number, number]
  return level === undefined || ((level as number) >= least && (level as number) <= most) || `${String(format)} has levels ${String(least)} to ${String(most)}, not ${(level as number).toString()}`
}

/** An archive that is broken, ends too early or grows too large: every device would say so. */
function blamesData(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException
  return code !== undefined && (/^Z_(DATA|BUF|NEED)|^ERR_(_|BROTLI|ZSTD|PADDING)|^ZSTD_error_/.test(code) || code === 'ERR_BUFFER_TOO_LARGE' || code === 'ERR_TRUEAIO_OUTPUT_TOO_LARGE')
}

/** A stream of node:zlib, a piece at a time. */
class PackStage implements Stage {
  readonly #stream: Transform
  readonly #most: number
  #outputs: Uint8Array[] = []
  #given = 0
  #fail: ((error: unknown) => void) | undefined = undefined
  #error: unknown = undefined

  constructor(stream: Transform, most: number) {
    this.#stream = stream
    this.#most = most
    stream.on('data', (output: Buffer) => {
      this.#given += output.length
      if (this.#given <= this.#most) this.#outputs.push(output)
      else stream.destroy(withCode(new RangeError(`The output is larger than 'outputMost', ${String(most)} bytes`), 'ERR_TRUEAIO_OUTPUT_TOO_LARGE'))
    })
    stream.on('error', (error) => {
      this.#error = error
      this.#fail?.(error)
    })
  }

  update(piece: Uint8Array): Promise<readonly Uint8Array[]> {
    return this.#until((done) => void this.#stream.write(piece, () => done()))
  }

  async end(): Promise<StageEnd> {
    return {
      output: await this.#until((done) => {
        this.#stream.once('end', done)
        this.#stream.end()
      }),
    }
  }

  close(): void {
    this.#stream.destroy()
  }

  async #until(begin: (done: () => void) => void): Promise<readonly Uint8Array[]> {
    if (this.#error !== undefined) throw this.#error as Error
    await new Promise<void>((resolve, reject) => {
      this.#fail = reject
      begin(resolve)
    })
    const outputs = this.#outputs
    this.#outputs = []
    return outputs
  }
}

function start(work: Work): Stage {
  const { name, settings } = namesOf(work)
  const { outputMost = Infinity } = work.options ?? {}
  const begin = functionOf(`create${name.charAt(0).toUpperCase()}${name.slice(1)}`) as Begin // beside the function that can() has seen
  return new PackStage(begin({ ...settings, maxOutputLength: undefined }), outputMost as number)
}

export const packDevices: readonly Device[] = (['compress', 'decompress'] as const).flatMap((operation): readonly Device[] => [
  {
    operation, name: 'node:zlib', capabilities: { where: 'calling thread' }, can, blamesData,
    run(work, bytes) {
      const { name, settings } = namesOf(work)
      return (functionOf(`${name}Sync`) as Whole)(bytes, settings)
    },
  },
  {
    operation, name: 'node:zlib on libuv threads', capabilities: { where: 'libuv thread' }, can, blamesData, start,
    run(work, bytes) {
      const { name, settings } = namesOf(work)
      return new Promise<Buffer>((resolve, reject) => (functionOf(name) as Later)(bytes, settings, (error, result) => {
        if (error === null) resolve(result)
        else reject(error)
      }))
    },
  },
])
