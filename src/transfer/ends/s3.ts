// ① interface — 's3://bucket/key' by a client that the user installs: `s3mini`, or one of the same shape. Large objects go in parts; an object is there when all
// of it is, since the service puts the parts together at the end.
import { invalidArgValue } from '../../operation/arguments.js'
import { transferProblem } from '../errors.js'
import { pieceOf } from './bytes-of.js'
import type { Opening, OpenSource, OpenTarget, SourceEnd, TargetEnd } from './end.js'
import { endedEarly } from './file-source.js'
import { orAbort } from '../../waiting/or-abort.js'

/** The required methods of a client for one bucket. `S3mini` of the package s3mini has them. */
export interface S3Client {
  /** Reads an object, or a range of it. */
  getObjectRaw(key: string, wholeFile: boolean, rangeFrom?: number, rangeTo?: number): Promise<Response>
  /** Writes a whole object. */
  putObject(key: string, data: Uint8Array): Promise<unknown>
  /** Begins an upload in parts. */
  getMultipartUploadId(key: string): Promise<string>
  /** Writes one part. */
  uploadPart(key: string, uploadId: string, data: Uint8Array, partNumber: number): Promise<S3Part>
  /** Makes an object of the parts. */
  completeMultipartUpload(key: string, uploadId: string, parts: S3Part[]): Promise<unknown>
  /** Aborts an upload in parts. */
  abortMultipartUpload(key: string, uploadId: string): Promise<unknown>
}

interface S3Part {
  readonly partNumber: number
  readonly etag: string
}

/** How to reach an object store. */
export interface S3Options {
  /** Your client for the bucket. Default: s3mini's, with the settings below. */
  readonly client?: ((bucket: string) => S3Client) | undefined
  /** The address without the bucket. Default: AWS_ENDPOINT_URL, or Amazon's address of the region. */
  readonly endpoint?: string | undefined
  /** Default: AWS_REGION, or 'us-east-1'. */
  readonly region?: string | undefined
  /** Default: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY. */
  readonly accessKeyId?: string | undefined
  /** Default: AWS_SECRET_ACCESS_KEY of the environment. */
  readonly secretAccessKey?: string | undefined
  /** Bytes of each part, at least 5 MiB. Default: 8 MiB. */
  readonly partBytes?: number | undefined
}

const PART_BYTES = 8 * 2 ** 20
const PARTS_IN_FLIGHT = 4
const PARTS_MAX = 10_000
const PACKAGE: string = 's3mini'

function placeOf(url: URL, name: string): { readonly bucket: string, readonly key: string } {
  const key = decodeURIComponent(url.pathname.slice(1))
  if (url.hostname === '' || key === '') throw invalidArgValue(name, url.href, "must be 's3://bucket/key'")
  return { bucket: url.hostname, key }
}

async function clientOf(bucket: string, options: S3Options): Promise<S3Client> {
  if (options.client !== undefined) return options.client(bucket)
  const { env } = process
  const region = options.region ?? env['AWS_REGION'] ?? 'us-east-1'
  const endpoint = options.endpoint ?? env['AWS_ENDPOINT_URL'] ?? `https://s3.${region}.amazonaws.com`
  const module = await import(PACKAGE).catch((cause: unknown) => {
    throw Object.assign(transferProblem('ERR_TRUEAIO_NO_PACKAGE', "s3:// needs the package s3mini: npm install s3mini, or give options.s3.client"), { cause })
  }) as { readonly S3mini: new (config: Readonly<Record<string, unknown>>) => S3Client }
  return new module.S3mini({
    endpoint: `${endpoint.replace(/\/$/, '')}/${bucket}`, region,
    accessKeyId: options.accessKeyId ?? env['AWS_ACCESS_KEY_ID'] ?? '', secretAccessKey: options.secretAccessKey ?? env['AWS_SECRET_ACCESS_KEY'] ?? '',
  })
}

function checked(response: Response): Response {
  if (response.ok) return response
  throw Object.assign(transferProblem('ERR_TRUEAIO_HTTP_STATUS', `the service answered ${String(response.status)} ${response.statusText}`), { status: response.status })
}

export function s3Source(url: URL, options: S3Options): SourceEnd {
  const { bucket, key } = placeOf(url, 'source')
  return {
    name: url.href,
    async open({ signal }: Opening): Promise<OpenSource> {
      const client = await clientOf(bucket, options)
      const response = checked(await orAbort(client.getObjectRaw(key, true), signal))
      const length = response.headers.get('content-length')
      const etag = response.headers.get('etag') ?? undefined
      const reader = response.body?.getReader()
      return {
        kind: 'stream', size: length === null ? undefined : Number(length), version: etag,
        async next(ending) {
          const result = reader === undefined ? undefined : await orAbort(reader.read(), ending)
          return result === undefined || result.done ? undefined : pieceOf(result.value)
        },
        async rangeOf(offset, bytes, ending) {
          const part = await orAbort(client.getObjectRaw(key, false, offset, offset + bytes), ending)
          if (part.status !== 206 || (part.headers.get('etag') ?? undefined) !== etag) {
            await part.body?.cancel()
            throw transferProblem('ERR_TRUEAIO_SOURCE_CHANGED', `${url.href} has changed, or its service gives no ranges: status ${String(part.status)}`)
          }
          const whole = new Uint8Array(await orAbort(part.arrayBuffer(), ending))
          if (whole.length !== bytes) throw endedEarly(bytes, whole.length)
          return whole
        },
        async close(isWhole) {
          if (!isWhole) await reader?.cancel().catch(() => undefined) // it has failed by itself
        },
      }
    },
  }
}

export function s3Target(url: URL, options: S3Options): TargetEnd {
  const { bucket, key } = placeOf(url, 'target')
  return {
    name: url.href,
    async open({ expected }: Opening): Promise<OpenTarget> {
      const client = await clientOf(bucket, options)
      const least = options.partBytes ?? PART_BYTES
      return new S3Object(client, key, Math.max(least, Math.ceil((expected ?? 0) / PARTS_MAX))).opened()
    },
  }
}

class S3Object {
  readonly #client: S3Client
  readonly #key: string
  readonly #part: Buffer
  #filled = 0
  #uploadId: string | undefined = undefined
  #count = 0
  readonly #done: S3Part[] = []
  readonly #inFlight = new Set<Promise<void>>()
  #failure: Error | undefined = undefined

  constructor(client: S3Client, key: string, partBytes: number) {
    this.#client = client
    this.#key = key
    this.#part = Buffer.allocUnsafe(partBytes)
  }

  opened(): OpenTarget {
    return {
      kind: 'stream', isFresh: false,
      push: (bytes, signal) => this.#push(bytes, signal),
      commit: (_bytes, _source, signal) => this.#commit(signal),
      abandon: () => this.#abandon(),
    }
  }

  async #push(bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    for (let at = 0; at < bytes.length;) {
      if (this.#filled === this.#part.length) await this.#beginPart(signal)
      const taken = bytes.subarray(at, at + this.#part.length - this.#filled)
      this.#part.set(taken, this.#filled)
      this.#filled += taken.length
      at += taken.length
    }
  }

  /** What has been gathered goes as a part, beside some others. */
  async #beginPart(signal: AbortSignal): Promise<void> {
    this.#uploadId ??= await orAbort(this.#client.getMultipartUploadId(this.#key), signal)
    while (this.#inFlight.size >= PARTS_IN_FLIGHT) await orAbort(Promise.race(this.#inFlight), signal)
    if (this.#failure !== undefined) throw this.#failure
    const data = Buffer.from(this.#part.subarray(0, this.#filled))
    this.#filled = 0
    this.#count++
    const sending = this.#client.uploadPart(this.#key, this.#uploadId, data, this.#count).then((part) => void this.#done.push(part), (error: unknown) => {
      this.#failure ??= error as Error
    }).finally(() => this.#inFlight.delete(sending))
    this.#inFlight.add(sending)
  }

  async #commit(signal: AbortSignal): Promise<void> {
    if (this.#uploadId === undefined) {
      await orAbort(this.#client.putObject(this.#key, this.#part.subarray(0, this.#filled)), signal)
      return
    }
    if (this.#filled > 0) await this.#beginPart(signal)
    await orAbort(Promise.all(this.#inFlight), signal)
    if (this.#failure !== undefined) throw this.#failure
    await orAbort(this.#client.completeMultipartUpload(this.#key, this.#uploadId, this.#done.sort((a, b) => a.partNumber - b.partNumber)), signal)
    this.#uploadId = undefined
  }

  /** Parts that nobody puts together would be kept, and paid for. */
  async #abandon(): Promise<void> {
    if (this.#uploadId === undefined) return
    await Promise.all(this.#inFlight)
    await this.#client.abortMultipartUpload(this.#key, this.#uploadId)
  }
}
