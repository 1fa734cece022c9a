// A server with hardly any descriptors, for more clients than it can accept at once. Prints its port; ends with its input.
import { listen } from 'trueaio/net'

const server = await listen('127.0.0.1:0')
process.stdout.write(`${String(server.address.family === 'Unix' ? 0 : server.address.port)}\n`)
process.stdin.resume().once('end', () => void server.close())

for await (const connection of server) {
  void (async () => {
    // Held until its client ends it, so that descriptors run out.
    for await (const piece of connection.pieces()) {
      await connection.send('y')
      piece.release()
    }
  })().catch(() => undefined).finally(() => void connection.close())
}
