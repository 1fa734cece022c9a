// ① interface — devices of packages that a user may install: @node-rs/crc32, @node-rs/xxhash, hash-wasm. None is needed. They are looked
// for beside this package and beside the program.
import { createRequire } from 'node:module'
import { join } from 'node:path'
import type { Device, Stage, StageEnd } from '../registry/device.js'
import { checksumDevice, type Step } from './checksum.js'

function find(name: string): unknown {
  for (const base of [import.meta.url as string | undefined, process.argv[1], join(process.cwd(), 'package.json')]) {
    if (base === undefined) continue
    try {
      return createRequire(base)(name)
    } catch {
      // Not there, or not for this platform: the others do the work.
    }
  }
  return undefined
}

interface Crc32Package {
  readonly crc32: Step
  readonly crc32c: Step
}

interface XxhashPackage {
  readonly xxh32: (bytes: Uint8Array) => number
  readonly xxh64: (bytes: Uint8Array) => bigint
  readonly xxh3: { readonly xxh64: (bytes: Uint8Array) => bigint; readonly xxh128: (bytes: Uint8Array) => bigint }
}

interface WasmHasher {
  init(): unknown
  update(bytes: Uint8Array): unknown
  digest(form: 'binary'): Uint8Array
}
type WasmMaker = () => Promise<WasmHasher>

function bigEndian(value: bigint | number, bytes: number): Buffer {
  return Buffer.from(BigInt(value).toString(16).padStart(2 * bytes, '0'), 'hex')
}

function xxhash({ xxh32, xxh64, xxh3 }: XxhashPackage): Device {
  const forms: Readonly<Record<string, (bytes: Uint8Array) => Buffer>> = {
    xxh32: (bytes) => bigEndian(xxh32(bytes), 4), xxh64: (bytes) => bigEndian(xxh64(bytes), 8),
    xxh3: (bytes) => bigEndian(xxh3.xxh64(bytes), 8), xxh128: (bytes) => bigEndian(xxh3.xxh128(bytes), 16),
  }
  return {
    operation: 'checksum', name: '@node-rs/xxhash', capabilities: { where: 'calling thread', options: { algorithm: Object.keys(forms) } },
    run: ({ options }, bytes) => forms[options?.['algorithm'] as string]?.(bytes),
  }
}

class WasmStage implements Stage {
  readonly #hasher: WasmHasher

  constructor(hasher: WasmHasher) {
    hasher.init()
    this.#hasher = hasher
  }

  update(piece: Uint8Array): void {
    this.#hasher.update(piece)
  }

  end(): StageEnd {
    return { digest: Buffer.from(this.#hasher.digest('binary')) }
  }

  close(): void {
    // Its memory goes with the object.
  }
}

const WASM_CHECKSUMS = { xxh32: 'createXXHash32', xxh64: 'createXXHash64', xxh3: 'createXXHash3', xxh128: 'createXXHash128', crc32: 'createCRC32', crc32c: 'createCRC32C' }
const WASM_HASHES = { md5: 'createMD5', sha1: 'createSHA1', sha224: 'createSHA224', sha256: 'createSHA256', sha384: 'createSHA384', sha512: 'createSHA512' }

function webAssembly(operation: 'hash' | 'checksum', names: Readonly<Record<string, string>>, found: Readonly<Record<string, unknown>>): Device {
  const makers = new Map(Object.entries(names).flatMap(([algorithm, name]) => (typeof found[name] === 'function' ? [[algorithm, found[name] as WasmMaker] as const] : [])))
  const begin = async (algorithm: unknown): Promise<WasmStage> => new WasmStage(await (makers.get(algorithm as string) as WasmMaker)()) // of its capabilities
  return {
    operation, name: 'hash-wasm', capabilities: { where: 'calling thread', options: { algorithm: [...makers.keys()] } },
    start: ({ options }) => begin(options?.['algorithm']),
    async run({ options }, bytes) {
      const stage = await begin(options?.['algorithm'])
      stage.update(bytes)
      return stage.end().digest
    },
  }
}

export function packageDevices(): readonly Device[] {
  const crc = find('@node-rs/crc32') as Crc32Package | undefined
  const xx = find('@node-rs/xxhash') as XxhashPackage | undefined
  const wasm = find('hash-wasm') as Readonly<Record<string, unknown>> | undefined
  return [
    ...(crc === undefined ? [] : [checksumDevice('@node-rs/crc32', 'calling thread', { crc32: (bytes, before) => crc.crc32(bytes, before), crc32c: (bytes, before) => crc.crc32c(bytes, before) })]),
    ...(xx === undefined ? [] : [xxhash(xx)]),
    ...(wasm === undefined ? [] : [webAssembly('checksum', WASM_CHECKSUMS, wasm), webAssembly('hash', WASM_HASHES, wasm)]),
  ]
}
