// Serves the built site on this machine:  node serve.mjs [port]
import { createReadStream, existsSync, statSync } from 'node:fs'
import { createServer } from 'node:http'
import { extname, join, normalize } from 'node:path'
import { folder } from './pages.mjs'

export const html = join(folder, 'html')
const TYPES = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.json': 'application/json', '.woff2': 'font/woff2' }

/** Resolves to a server that listens, and its address. */
export async function serve(port = 0) {
  const server = createServer((request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, 'http://localhost').pathname))
    const file = join(html, path.endsWith('/') ? join(path, 'index.html') : path)
    const isThere = file.startsWith(html) && existsSync(file) && statSync(file).isFile()
    response.writeHead(isThere ? 200 : 404, { 'content-type': TYPES[extname(file)] ?? 'application/octet-stream' })
    if (isThere) createReadStream(file).pipe(response)
    else response.end()
  })
  await new Promise((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve))
  return { server, address: `http://127.0.0.1:${server.address().port}` }
}

if (process.argv[1] === import.meta.filename) console.log((await serve(Number(process.argv[2] ?? 8080))).address)
