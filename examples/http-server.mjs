// Node's own http server on connections of trueaio/net. One line is different: attach() in place of listen(). Files go to plain sockets
// through the engine's streams.
//   node examples/http-server.mjs [address] [folder]
import { createServer } from 'node:http'
import { extname, join, normalize, resolve, sep } from 'node:path'
import { open } from 'trueaio/fs/promises'
import { attach, listen } from 'trueaio/net'

const [address = '127.0.0.1:8080', folder = '.'] = process.argv.slice(2)
const root = resolve(folder)
const types = { '.html': 'text/html', '.js': 'text/javascript', '.json': 'application/json', '.md': 'text/plain', '.mjs': 'text/javascript' }

const server = createServer((request, response) => {
  answer(request, response).catch((error) => {
    if (!response.headersSent) response.writeHead(error.code === 'ENOENT' || error.code === 'EISDIR' ? 404 : 500)
    response.end()
  })
})

async function answer(request, response) {
  const path = normalize(join(root, decodeURIComponent(new URL(request.url, 'http://localhost').pathname)))
  if (path !== root && !path.startsWith(root + sep)) {
    response.writeHead(403).end()
    return
  }
  const file = await open(path)
  try {
    const { size } = await file.stat()
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'application/octet-stream', 'content-length': size })
    for await (const chunk of file.createReadStream({ autoClose: false })) {
      if (!response.write(chunk)) await new Promise((resolve) => response.once('drain', resolve).once('close', resolve))
      if (response.destroyed) return
    }
    response.end()
  } finally {
    await file.close()
  }
}

const listening = await listen(address)
void attach(server, listening)
console.log(`listening on port ${listening.address.port}`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close())
