// Every operation on sockets is offered by every driver that has sockets, and explain() names its way; the driver node refuses each with a reason.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  accept, bind, connect, getpeername, getsockname, getsockopt, listen, Proactor, recv, recvmsg, send, sendmsg, setsockopt, shutdown, socket, socketpair,
  type BufferGroup, type Operation, type ProactorOptions,
} from 'trueaio'
import { reasonToSkip, simulatedNetwork, SOCKET_DRIVERS } from './drivers.js'

const memory = Buffer.alloc(8)
const address = { address: '127.0.0.1', port: 1 }

function operations(group: BufferGroup): readonly Operation[] {
  return [
    socket(2, 1), socketpair(1, 1), bind(0, address), listen(0), connect(0, address), accept(0), accept(0, { multishot: true }), send(0, memory), send(0, [memory]),
    send(0, memory, { zeroCopy: true }), recv(0, memory), recv(0, group), recv(0, group, { multishot: true }), sendmsg(0, memory, { address }), recvmsg(0, memory),
    recvmsg(0, group), recvmsg(0, group, { multishot: true }), shutdown(0, 2), getsockopt(0, 1, 2), setsockopt(0, 1, 2, 1), getsockname(0), getpeername(0),
  ]
}

const drivers: readonly (readonly [string, ProactorOptions])[] = [...Object.entries(SOCKET_DRIVERS), ['simulated', simulatedNetwork()]]
for (const [name, options] of drivers) {
  const skip = await reasonToSkip(options)
  describe(`operations on sockets on ${name}`, { skip }, () => {
    test('each is offered, and explained', async () => {
      await using io = new Proactor(options)
      for (const operation of operations(io.bufferGroup())) {
        assert.equal(io.offers(operation.opcode), true)
        assert.match(io.explain(operation), /^(io-uring: IORING_OP_|thread-pool: \w+\(2\), at once|simulated: )/)
      }
    })
  })
}

test('the driver node has none, and says what to do', async () => {
  await using group = new Proactor(simulatedNetwork())
  await using io = new Proactor({ driver: 'node' })
  for (const operation of operations(group.bufferGroup())) {
    assert.equal(io.offers(operation.opcode), false)
    assert.match(io.explain(operation), /^no driver here carries out '\w+' \(node: in use\); write TRUEAIO_DRIVER=/)
  }
  await assert.rejects(io.submit(socket(2, 1)), { code: 'ENOTSUP', syscall: 'socket' })
})
