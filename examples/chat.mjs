// A chat: each line that one connection sends reaches all others. Ten thousand idle connections cost nothing but their descriptors; who
// does not read what it is sent is closed.
//   node examples/chat.mjs [address]      then, in two terminals: curl -N telnet://127.0.0.1:7778
import { listen } from 'trueaio/net'

const [address = '127.0.0.1:7778'] = process.argv.slice(2)
/** Lines that wait for one reader, at most. */
const BEHIND_MAX = 100
const members = new Set()

class Member {
  behind = 0
  constructor(connection) {
    this.connection = connection
  }

  tell(line) {
    if (this.behind >= BEHIND_MAX) {
      this.leave()
      return
    }
    this.behind++
    this.connection.send(line).then(() => this.behind--, () => this.leave())
  }

  leave() {
    members.delete(this)
    void this.connection.close()
  }

  async listen() {
    let rest = ''
    for await (const piece of this.connection.pieces()) {
      const lines = (rest + piece.bytes.toString()).split('\n')
      piece.release()
      rest = lines.pop().slice(0, 1000)
      for (const line of lines) for (const member of members) if (member !== this) member.tell(`${line}\n`)
    }
  }
}

const server = await listen(address)
console.log(`listening on port ${server.address.port}`)
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    void server.close()
    for (const member of members) member.leave()
  })
}
for await (const connection of server) {
  const member = new Member(connection)
  members.add(member)
  member.listen().catch(() => undefined).finally(() => member.leave())
}
