// A TCP proxy: each connection is forwarded to another address, both directions through pipes inside the kernel.
//   node examples/tcp-proxy.mjs 127.0.0.1:8081 example.org:80
import { connect, listen } from 'trueaio/net'

const [from, to] = process.argv.slice(2)
if (to === undefined) {
  console.error('usage: node examples/tcp-proxy.mjs listen-address target-address')
  process.exit(2)
}
const server = await listen(from)
console.log(`listening on port ${server.address.port}`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close())

async function serve(near) {
  let far
  try {
    far = await connect(to, { timeout: 5000 })
    const [up, down] = await Promise.all([near.forwardTo(far), far.forwardTo(near)])
    console.log(`${up} bytes up, ${down} bytes down`)
  } catch (error) {
    console.log(`given up: ${error.code}`)
  } finally {
    await Promise.all([near.close(), far?.close()])
  }
}

for await (const connection of server) void serve(connection)
