// Addresses as users write them: each form is read, and what is none is refused by name.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { describePlace, parseAddress, type AddressArgument } from '#src/net/address.js'

const host = (name: string, port: number, family: 0 | 4 | 6 = 0): object => ({ kind: 'host', host: name, port, family, protocol: 'tcp' })

test('every form of an address', () => {
  const forms: readonly (readonly [AddressArgument, object])[] = [
    ['127.0.0.1:80', host('127.0.0.1', 80)], ['127.0.0.1:80:tcp', host('127.0.0.1', 80)], ['example.org:443:tcp', host('example.org', 443)],
    [':8080', host('', 8080)], [':0:tcp', host('', 0)], ['[::1]:53', host('::1', 53)], ['[fe80::1%lo]:1:tcp', host('fe80::1%lo', 1)], [8080, host('', 8080)],
    [{ host: 'a', port: 1 }, host('a', 1)], [{ port: 1, family: 6 }, host('', 1, 6)], [{ host: '::1', port: 65535, protocol: 'tcp' }, host('::1', 65535)],
    ['/run/x.sock', { kind: 'path', path: '/run/x.sock' }], ['./x', { kind: 'path', path: './x' }], [{ path: 'x' }, { kind: 'path', path: 'x' }],
    [{ address: '::1', family: 'IPv6', port: 5, scopeId: 0, flowLabel: 0 }, host('::1', 5, 6)], [{ address: 'fe80::1', family: 'IPv6', port: 5, scopeId: 2, flowLabel: 0 }, host('fe80::1%2', 5, 6)],
    [{ address: '10.0.0.1', family: 'IPv4', port: 5, scopeId: 0, flowLabel: 0 }, host('10.0.0.1', 5, 4)],
    ['@name', { kind: 'path', path: '\0name' }], ['\0name', { kind: 'path', path: '\0name' }],
  ]
  for (const [given, wanted] of forms) assert.deepEqual(parseAddress(given, 'tcp'), wanted, JSON.stringify(given))
})

test('as text it is read again as the same', () => {
  for (const text of ['127.0.0.1:80:tcp', '[::1]:53:tcp', ':0:tcp', '/run/x', '@name']) assert.equal(describePlace(parseAddress(text, 'tcp')), text)
})

test('what is no address is refused, with what was given and what would do', () => {
  const wrong: readonly (readonly [unknown, string])[] = [
    ['localhost', 'ERR_INVALID_ARG_VALUE'], ['::1:80', 'ERR_INVALID_ARG_VALUE'], ['a:b', 'ERR_INVALID_ARG_VALUE'], ['', 'ERR_INVALID_ARG_VALUE'],
    ['a:80:sctp', 'ERR_INVALID_ARG_VALUE'], ['a:80:udp', 'ERR_INVALID_ARG_VALUE'], ['a:65536', 'ERR_OUT_OF_RANGE'], [-1, 'ERR_OUT_OF_RANGE'], [1.5, 'ERR_OUT_OF_RANGE'],
    [null, 'ERR_INVALID_ARG_TYPE'], [true, 'ERR_INVALID_ARG_TYPE'], [{}, 'ERR_INVALID_ARG_TYPE'], [{ host: 1, port: 1 }, 'ERR_INVALID_ARG_TYPE'],
    [{ port: 1, family: 5 }, 'ERR_INVALID_ARG_VALUE'], [{ path: '' }, 'ERR_INVALID_ARG_VALUE'], [{ path: 'a\0b' }, 'ERR_INVALID_ARG_VALUE'],
    [{ path: `/${'x'.repeat(107)}` }, 'ERR_INVALID_ARG_VALUE'], [{ host: 'a\0b', port: 1 }, 'ERR_INVALID_ARG_VALUE'],
  ]
  for (const [given, code] of wrong) assert.throws(() => parseAddress(given as AddressArgument, 'tcp'), { code }, JSON.stringify(given))
  assert.throws(() => parseAddress('a:80:udp', 'tcp'), /must name tcp: listen\(\) and connect\(\) take it/)
  assert.throws(() => parseAddress('a:80:tcp', 'udp'), /must name udp: datagram\(\) takes it/)
})
