// Every device of every operation against examples of the standards, and against each other.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { test } from 'node:test'
import { operations, type Device, type Stage, type Work } from 'trueaio/transfer'

/** Those that can do it here. */
function able(work: Work): readonly Device[] {
  return operations.devices(work.operation).filter((device) => {
    const allowed = device.capabilities.options?.['algorithm']
    return (allowed === undefined || allowed.includes(work.options?.['algorithm'])) && (device.can?.(work) ?? true) === true
  })
}

async function inPieces(stage: Stage, bytes: Buffer, sizes: readonly number[]): Promise<Buffer> {
  const outputs: Uint8Array[] = []
  for (let at = 0, round = 0; at < bytes.length; round++) {
    const size = sizes[round % sizes.length] ?? 1
    outputs.push(...await stage.update(bytes.subarray(at, at + size)) ?? [])
    at += size
  }
  const { output = [], digest } = await stage.end()
  return digest ?? Buffer.concat([...outputs, ...output])
}

async function both(device: Device, work: Work, bytes: Buffer): Promise<readonly Buffer[]> {
  const results: Buffer[] = []
  if (device.run !== undefined) results.push(await device.run(work, bytes) as Buffer)
  if (device.start !== undefined) results.push(await inPieces(await device.start(work), bytes, [1, 7, 4096, 3]))
  return results
}

const DIGESTS = [ // FIPS 180-4, FIPS 202, RFC 1321, RFC 7693; RFC 3720, ITU-T V.42
  ['hash', 'sha256', 'abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
  ['hash', 'sha1', 'abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
  ['hash', 'md5', 'abc', '900150983cd24fb0d6963f7d28e17f72'],
  ['hash', 'sha3-256', 'abc', '3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532'],
  ['hash', 'blake2s256', 'abc', '508c5e8c327c14e2e1a72ba34eeb452f37458b209ed63a294d999b4c86675982'],
  ['hash', 'sha512', 'abc', 'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f'],
  ['checksum', 'crc32', '123456789', 'cbf43926'], ['checksum', 'crc32c', '123456789', 'e3069283'],
  ['checksum', 'xxh32', '', '02cc5d05'], ['checksum', 'xxh64', '', 'ef46db3751d8e999'], ['checksum', 'xxh3', '', '2d06800538d394c2'],
  ['checksum', 'xxh128', '', '99aa06d3014798d86001c324468d497f'],
] as const

test('digests are those of the standards, whole and in pieces', async (t) => {
  for (const [operation, algorithm, text, expected] of DIGESTS) {
    const work: Work = { operation, options: { algorithm } }
    const devices = able(work)
    if (devices.length === 0) t.diagnostic(`no device here for ${algorithm}`)
    for (const device of devices) {
      for (const digest of await both(device, work, Buffer.from(text))) assert.equal(digest.toString('hex'), expected, `${algorithm} by ${device.name}`)
    }
  }
})

test('the devices of one operation agree', async () => {
  for (const [operation, algorithm] of DIGESTS) {
    const work: Work = { operation, options: { algorithm } }
    const bytes = randomBytes(100_001)
    const all = (await Promise.all(able(work).map((device) => both(device, work, bytes)))).flat().map((digest) => digest.toString('hex'))
    assert.ok(new Set(all).size <= 1, `${algorithm}: ${all.join(' ')}`)
  }
})

test('what is packed comes out again, by every pair of devices', async () => {
  const text = Buffer.concat([Buffer.from('text '.repeat(20_000)), randomBytes(5000)])
  for (const format of ['gzip', 'deflate', 'brotli', 'zstd']) {
    const pack: Work = { operation: 'compress', options: { format, level: 3 } }
    const unpack: Work = { operation: 'decompress', options: { format } }
    for (const packer of able(pack)) {
      for (const packed of await both(packer, pack, text)) {
        assert.ok(packed.length < text.length / 2)
        for (const unpacker of able(unpack)) {
          for (const result of await both(unpacker, unpack, packed)) assert.ok(result.equals(text), `${format}: ${packer.name}, ${unpacker.name}`)
        }
      }
    }
  }
})

test('a broken, a short and a too large archive are errors of the data', async () => {
  const text = Buffer.from('text '.repeat(20_000))
  for (const format of ['gzip', 'deflate', 'brotli', 'zstd']) {
    const pack: Work = { operation: 'compress', options: { format } }
    const packed = await able(pack)[0]?.run?.(pack, text) as Buffer | undefined
    if (packed === undefined) continue
    for (const [bytes, options] of [[packed.subarray(0, packed.length >> 1), { format }], [Buffer.alloc(500, 'no archive '), { format }], [packed, { format, outputMost: 1000 }]] as const) {
      const work: Work = { operation: 'decompress', options }
      for (const device of able(work)) {
        for (const form of ['run', 'start'] as const) {
          if (device[form] === undefined) continue
          const one = form === 'run' ? new Promise((resolve) => resolve(device.run?.(work, bytes))) : (async () => inPieces(await device.start?.(work) as Stage, bytes, [100]))()
          await assert.rejects(one, (error: unknown) => device.blamesData?.(error) === true || assert.fail(`${format} ${device.name} ${form}: ${String((error as NodeJS.ErrnoException).code)}`))
          assert.equal(operations.failed(device, work, await one.catch((error: unknown) => error)), undefined)
        }
      }
    }
  }
})

test('deciphers the examples of NIST and RFC 8439', async () => {
  const rows = [
    { // GCM test case 16 without the last twelve bytes' difference: 256-bit key, associated data
      algorithm: 'aes-256-gcm', key: 'feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308', nonce: 'cafebabefacedbaddecaf888',
      associated: 'feedfacedeadbeeffeedfacedeadbeefabaddad2', tag: '76fc6ece0f4e1768cddf8853bb2d551b',
      sealed: '522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662',
      text: 'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    },
    {
      algorithm: 'chacha20-poly1305', key: '808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f', nonce: '070000004041424344454647',
      associated: '50515253c0c1c2c3c4c5c6c7', tag: '1ae10b594f09e26a7e902ecbd0600691',
      sealed: 'd31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d63dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b3692ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc3ff4def08e4b7a9de576d26586cec64b6116',
      text: Buffer.from("Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.").toString('hex'),
    },
  ]
  for (const { algorithm, key, nonce, associated, sealed, tag, text } of rows) {
    const work: Work = { operation: 'decipher', options: { algorithm, key: Buffer.from(key, 'hex'), associated: Buffer.from(associated, 'hex') } }
    const message = Buffer.from(nonce + sealed + tag, 'hex')
    for (const device of able(work)) {
      for (const result of await both(device, work, message)) assert.equal(result.toString('hex'), text, algorithm)
      for (const at of [0, 15, message.length - 1]) {
        const changed = Buffer.from(message)
        changed[at] = (changed[at] as number) ^ 1
        await assert.rejects(new Promise((resolve) => resolve(device.run?.(work, changed))), { code: 'ERR_TRUEAIO_NOT_AUTHENTIC' })
      }
      await assert.rejects(new Promise((resolve) => resolve(device.run?.(work, message.subarray(0, 20)))), { code: 'ERR_TRUEAIO_NOT_AUTHENTIC' })
    }
  }
})

test('a cipher never uses a nonce twice, and refuses a key of another length', async () => {
  for (const [algorithm, bytes] of [['aes-128-gcm', 16], ['aes-256-gcm', 32], ['chacha20-poly1305', 32]] as const) {
    const options = { algorithm, key: randomBytes(bytes) }
    const text = randomBytes(1000)
    const [device] = able({ operation: 'cipher', options })
    const sealed = await Promise.all(Array.from({ length: 50 }, async () => await device?.run?.({ operation: 'cipher', options }, text) as Buffer))
    assert.equal(new Set(sealed.map((one) => one.subarray(0, 12).toString('hex'))).size, 50)
    const [unsealer] = able({ operation: 'decipher', options })
    for (const one of sealed) assert.ok((await unsealer?.run?.({ operation: 'decipher', options }, one) as Buffer).equals(text))
    assert.throws(() => operations.choose({ operation: 'cipher', options: { algorithm, key: randomBytes(bytes + 1) } }), /needs a key of/)
    assert.throws(() => operations.choose({ operation: 'cipher', options: { ...options, nonce: randomBytes(12) } }), { code: 'ERR_TRUEAIO_NO_OPTION' })
  }
})

test('work on memory by each device', async () => {
  for (const size of [0, 1, 100, 70_001]) {
    const [one, two] = [randomBytes(size), randomBytes(size)] as const
    for (const device of able({ operation: 'copy' })) {
      const target = Buffer.alloc(size)
      await device.run?.({ operation: 'copy' }, one, target)
      assert.ok(target.equals(one), device.name)
    }
    for (const device of able({ operation: 'fill' })) {
      const target = Buffer.alloc(size)
      await device.run?.({ operation: 'fill', options: { value: 9 } }, target)
      assert.ok(target.every((byte) => byte === 9), device.name)
    }
    for (const device of able({ operation: 'compare' })) {
      assert.equal(await device.run?.({ operation: 'compare' }, one, Buffer.from(one)), size, device.name)
      const other = Buffer.from(one)
      if (size > 0) other[size >> 1] = (other[size >> 1] as number) ^ 255
      assert.equal(await device.run?.({ operation: 'compare' }, one, other), size >> 1, device.name)
    }
    for (const device of able({ operation: 'xor' })) {
      const target = Buffer.alloc(size)
      await device.run?.({ operation: 'xor' }, target, one, two)
      await device.run?.({ operation: 'xor' }, target, target, two)
      assert.ok(target.equals(one), device.name)
    }
  }
})
