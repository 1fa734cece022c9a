// ① interface — http and https by Node's own client: GET as a source, PUT as a target. A body that is cut short, and any status but success,
// is an error.
import http, { type ClientRequest, type IncomingMessage } from 'node:http'
import https from 'node:https'
import { transferProblem } from '../errors.js'
import type { Opening, OpenSource, OpenTarget, SourceEnd, TargetEnd } from './end.js'
import { pieceOf } from './bytes-of.js'
import { endedEarly } from './file-source.js'
import { orAbort } from '../../waiting/or-abort.js'

/** An http or https URL with more than the URL. */
export interface HttpEnd {
  /** Where to. */
  readonly url: string | URL
  /** Headers in addition to those that the transfer sets. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** For a target: 'PUT' or 'POST'. Default: 'PUT'. */
  readonly method?: string | undefined
  /** Node's agent: keep-alive, proxies, certificates. Default: Node's. */
  readonly agent?: http.Agent | undefined
}

const REDIRECTS_MAX = 5
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
const PARTIAL = 206
const MULTIPLE = 300
const UNSATISFIABLE = 416
const OK = 200

/** The url without what only its server should see. */
function nameOf(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname}`
}

export function httpSource(end: HttpEnd): SourceEnd {
  const url = new URL(end.url)
  return {
    name: nameOf(url),
    async open({ signal }: Opening): Promise<OpenSource> {
      const { response, from } = await get(url, end, {}, signal)
      const length = response.headers['content-length']
      const { etag } = response.headers
      const iterator = response[Symbol.asyncIterator]() as AsyncIterator<unknown, undefined>
      return {
        kind: 'stream', size: length === undefined ? undefined : Number(length),
        // A weak one says that the content means the same, not that it is the same.
        version: etag === undefined || etag.startsWith('W/') ? undefined : etag,
        async next(ending) {
          const result = await orAbort(iterator.next(), ending)
          return result.done === true ? undefined : pieceOf(result.value)
        },
        rangeOf: (offset, bytes, ending) => range(from, end, etag, offset, bytes, ending),
        close(isWhole) {
          if (!isWhole) response.destroy()
          return Promise.resolve()
        },
      }
    },
  }
}

async function range(url: URL, end: HttpEnd, etag: string | undefined, offset: number, bytes: number, signal: AbortSignal): Promise<Uint8Array> {
  const headers = { range: `bytes=${String(offset)}-${String(offset + bytes - 1)}`, ...etag === undefined ? {} : { 'if-range': etag } }
  const { response } = await get(url, end, headers, signal)
  // A server that gives other bytes than were asked for says so here.
  const given = response.headers['content-range']
  if (response.statusCode !== PARTIAL || response.headers.etag !== etag || given?.startsWith(`bytes ${String(offset)}-${String(offset + bytes - 1)}/`) !== true) {
    response.destroy()
    throw transferProblem('ERR_TRUEAIO_SOURCE_CHANGED', `${nameOf(url)} has changed, or its server gives no ranges: status ${String(response.statusCode)}, range ${String(given)}, ETag ${String(response.headers.etag)} and not ${String(etag)}`)
  }
  const parts: Buffer[] = []
  for await (const part of response) parts.push(part as Buffer)
  const whole = Buffer.concat(parts)
  if (whole.length !== bytes) throw endedEarly(bytes, whole.length)
  return whole
}

/** A successful answer's head, behind redirects. */
async function get(url: URL, { headers = {}, agent }: HttpEnd, own: Readonly<Record<string, string>>, signal: AbortSignal): Promise<{ readonly response: IncomingMessage, readonly from: URL }> {
  let from = url
  for (let redirects = 0; redirects <= REDIRECTS_MAX; redirects++) {
    // What belongs to one server is not shown to another.
    const sent = from.origin === url.origin ? headers : {}
    const request = clientOf(from).request(from, { headers: { 'accept-encoding': 'identity', ...sent, ...own }, agent, signal })
    request.end()
    const response = await responseTo(request)
    const { statusCode = 0, headers: { location } } = response
    if (!REDIRECTS.has(statusCode) || location === undefined) {
      // For a range there is nothing wrong with 416: `range` says what it means.
      if (statusCode >= OK && statusCode < MULTIPLE || statusCode === UNSATISFIABLE && own['range'] !== undefined) return { response, from }
      response.destroy()
      throw statusError(statusCode, response)
    }
    response.destroy()
    from = new URL(location, from)
  }
  throw transferProblem('ERR_TRUEAIO_HTTP_STATUS', `${nameOf(url)} redirects more than ${String(REDIRECTS_MAX)} times`)
}

export function httpTarget(end: HttpEnd): TargetEnd {
  const url = new URL(end.url)
  return {
    name: nameOf(url),
    open({ signal, expected }: Opening): Promise<OpenTarget> {
      const { headers = {}, agent, method = 'PUT' } = end
      const length = expected === undefined ? {} : { 'content-length': String(expected) }
      const request = clientOf(url).request(url, { method, headers: { ...length, ...headers }, agent, signal })
      const answered = responseTo(request)
      answered.catch(() => undefined) // whoever writes meets it
      // A server that answers before it has everything wants no more.
      const refused = answered.then((response) => {
        if (!isSuccess(response)) throw statusError(response.statusCode ?? 0, response)
        return new Promise<never>(() => undefined)
      })
      refused.catch(() => undefined)
      return Promise.resolve({
        kind: 'stream', isFresh: false,
        async push(bytes, ending) {
          const written = new Promise<void>((resolve, reject) => request.write(bytes, (error) => (error ? reject(error) : resolve())))
          await orAbort(Promise.race([refused, written.catch((error: unknown) => orAnswer(answered, error))]), ending)
        },
        async commit(_bytes, _source, ending) {
          request.end()
          const response = await orAbort(answered, ending)
          response.resume()
          if (!isSuccess(response)) throw statusError(response.statusCode ?? 0, response)
        },
        abandon() {
          request.on('error', () => undefined)
          request.destroy()
          return Promise.resolve()
        },
      })
    },
  }
}

/** A server that refuses says why before it closes: that is the better error. */
async function orAnswer(answered: Promise<IncomingMessage>, error: unknown): Promise<never> {
  const response = await answered.catch(() => undefined)
  throw response === undefined || isSuccess(response) ? error : statusError(response.statusCode ?? 0, response)
}

function clientOf({ protocol }: URL): typeof http | typeof https {
  return protocol === 'https:' ? https : http
}

function isSuccess({ statusCode = 0 }: IncomingMessage): boolean {
  return statusCode >= OK && statusCode < MULTIPLE
}

function responseTo(request: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request.on('response', resolve)
    request.on('error', reject)
  })
}

function statusError(status: number, { statusMessage = '' }: IncomingMessage): Error {
  return Object.assign(transferProblem('ERR_TRUEAIO_HTTP_STATUS', `the server answered ${String(status)} ${statusMessage}`), { status })
}
