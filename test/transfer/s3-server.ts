// A server that speaks as much of S3 as a transfer needs: objects, ranges, and uploads in parts. It checks no signatures.
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import http from 'node:http'
import type { AddressInfo } from 'node:net'

export interface S3Server {
  readonly endpoint: string
  readonly objects: Map<string, Buffer>
  /** Uploads in parts that were begun and neither completed nor aborted. */
  readonly uploads: Map<string, Map<number, Buffer>>
  /** Requests for which it answers 500, from now on: by method. */
  readonly refused: Set<string>
  close(): void
}

const XML = { 'content-type': 'application/xml' }

function etagOf(bytes: Buffer): string {
  return `"${createHash('md5').update(bytes).digest('hex')}"`
}

export async function startS3Server(): Promise<S3Server> {
  const objects = new Map<string, Buffer>()
  const uploads = new Map<string, Map<number, Buffer>>()
  const refused = new Set<string>()
  let count = 0
  const answer = (request: http.IncomingMessage, body: Buffer, response: http.ServerResponse): void => {
    const url = new URL(request.url ?? '', 'http://x')
    const key = decodeURIComponent(url.pathname)
    const { method = '' } = request
    const upload = url.searchParams.get('uploadId')
    if (refused.has(method)) response.writeHead(500, XML).end('<Error><Code>InternalError</Code></Error>')
    else if (method === 'POST' && url.searchParams.has('uploads')) {
      const id = `upload-${String(++count)}`
      uploads.set(id, new Map())
      response.writeHead(200, XML).end(`<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>${key}</Key><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`)
    } else if (upload !== null && method === 'PUT') {
      uploads.get(upload)?.set(Number(url.searchParams.get('partNumber')), body)
      response.writeHead(200, { etag: etagOf(body) }).end()
    } else if (upload !== null && method === 'POST') {
      const parts = [...uploads.get(upload) ?? []].sort(([a], [b]) => a - b).map(([, part]) => part)
      uploads.delete(upload)
      objects.set(key, Buffer.concat(parts))
      response.writeHead(200, XML).end(`<CompleteMultipartUploadResult><Location>x</Location><Bucket>b</Bucket><Key>${key}</Key><ETag>${etagOf(Buffer.concat(parts))}</ETag></CompleteMultipartUploadResult>`)
    } else if (upload !== null) {
      uploads.delete(upload)
      response.writeHead(204).end()
    } else if (method === 'PUT') {
      objects.set(key, body)
      response.writeHead(200, { etag: etagOf(body) }).end()
    } else {
      const object = objects.get(key)
      const [, from, to] = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '') ?? []
      if (object === undefined) response.writeHead(404, XML).end('<Error><Code>NoSuchKey</Code></Error>')
      else if (from === undefined) response.writeHead(200, { etag: etagOf(object), 'content-length': object.length }).end(object)
      else response.writeHead(206, { etag: etagOf(object) }).end(object.subarray(Number(from), Number(to) + 1))
    }
  }
  const server = http.createServer((request, response) => {
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => answer(request, Buffer.concat(parts), response))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    endpoint: `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, objects, uploads, refused,
    close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
