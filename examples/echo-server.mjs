// An echo server: what a connection sends comes back, until it ends or is silent for too long.
//   node examples/echo-server.mjs [address] [seconds of silence]      then: curl telnet://127.0.0.1:7777
import { listen } from 'trueaio/net'

const [address = '127.0.0.1:7777', silence = '30'] = process.argv.slice(2)
const server = await listen(address)
console.log(`listening on port ${server.address.port}`)
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void server.close())

async function serve(connection) {
  try {
    for await (const piece of connection.pieces({ timeout: Number(silence) * 1000 })) {
      await connection.send(piece.bytes)
      piece.release()
    }
    await connection.shutdown()
  } catch (error) {
    if (error.code !== 'ETIMEDOUT' && error.code !== 'ECONNRESET' && error.code !== 'EPIPE') throw error
  } finally {
    await connection.close()
  }
}

for await (const connection of server) void serve(connection)
