// ① interface — `trueaio transfer`: bytes from any end that trueaio/transfer knows to any other one, through hashes and compression if asked.
import { stat } from 'node:fs/promises'
import type { StageWork, TransferOptions } from '../../transfer/index.js'
import { Refusal, textOf, UsageError, wholeNumber, type Command, type Given } from '../command.js'
import { EXIT_CODES, journalOf } from './copy.js'
import { hasSockets, namedEnd, sourceOf, targetOf, type NamedEnd } from './ends.js'
import { Mover } from './mover.js'
import { COMMON_OPTIONS, settingsOf } from './settings.js'

const UNITS: Readonly<Record<string, number>> = { '': 0, k: 1, m: 2, g: 3, t: 4 }
const FORMATS = ['gzip', 'brotli', 'zstd']
const HASHES = ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3-256', 'sha3-512', 'blake2b512', 'blake2s256']
const CHECKSUMS = ['crc32', 'crc32c', 'xxh32', 'xxh64']
/** Ends on which one may have to wait. */
const WAITED_FOR: ReadonlySet<NamedEnd['kind']> = new Set(['stdio', 'tcp', 'udp', 'unix'])

function sizeOf(given: Given, name: string): number | undefined {
  const text = textOf(given, name)
  if (text === undefined) return undefined
  const [, digits, unit = ''] = /^(\d+)([kmgt]?)(?:i?b)?$/i.exec(text) ?? []
  const bytes = Number(digits) * 1024 ** (UNITS[unit.toLowerCase()] ?? 0)
  if (!Number.isSafeInteger(bytes)) throw new UsageError(`--${name} must be a number of bytes such as 4096, 64k or 1m, and is '${text}'`)
  return bytes
}

function oneOf(given: Given, name: string, allowed: readonly string[]): string | undefined {
  const text = textOf(given, name)
  if (text !== undefined && !allowed.includes(text)) throw new UsageError(`--${name} must be one of ${allowed.join(', ')}, and is '${text}'`)
  return text
}

async function stagesOf(given: Given): Promise<StageWork[]> {
  const { checksum, compress, decompress, hash } = await import('../../transfer/index.js')
  const unpacked = oneOf(given, 'decompress', FORMATS)
  const packed = oneOf(given, 'compress', FORMATS)
  const stages: StageWork[] = []
  try {
    if (unpacked !== undefined) stages.push(decompress(unpacked))
    for (const name of given.lists['hash'] ?? []) {
      if (HASHES.includes(name)) stages.push(hash(name))
      else if (CHECKSUMS.includes(name)) stages.push(checksum(name))
      else throw new UsageError(`--hash must be one of ${[...HASHES, ...CHECKSUMS].join(', ')}, and is '${name}'`)
    }
    if (packed !== undefined) stages.push(compress(packed))
  } catch (error) {
    throw error instanceof UsageError ? error : new Refusal((error as Error).message)
  }
  return stages
}

function headersOf(given: Given): Record<string, string> | undefined {
  const list = given.lists['header']
  if (list === undefined) return undefined
  return Object.fromEntries(list.map((line) => {
    const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):\s*([^\r\n]*)$/.exec(line) ?? []
    if (name === undefined || value === undefined) throw new UsageError(`--header must be 'Name: value', and is '${line}'`)
    return [name, value]
  }))
}

function journal(given: Given, to: NamedEnd): TransferOptions {
  if (given.values['resume'] !== true) return {}
  if (to.kind !== 'file') throw new UsageError('--resume needs a file as TO: the journal is written beside it')
  return { resume: journalOf(to.path) }
}

export const transferCommand: Command = {
  name: 'transfer',
  usage: ['[OPTIONS] FROM TO'],
  text: "Moves bytes from any end to any other: a file (FROM may also be a pipe or a device), '-' for standard input and output, tcp://host:port, udp://host:port, unix:/path, http:// and https:// (GET, PUT), s3://bucket/key. A file appears under its name when it is complete. Bytes move inside the kernel where possible.",
  options: [
    { name: 'offset', value: 'BYTES', text: 'where FROM begins: 4096, 64k, 1m' },
    { name: 'length', value: 'BYTES', text: 'bytes of FROM at most' },
    { name: 'at', value: 'BYTES', text: 'writes into the file TO in place, from there on' },
    { name: 'hash', value: 'NAME', multiple: true, text: 'prints a digest: sha256, sha512, md5, blake2b512, crc32, crc32c, xxh64 …' },
    { name: 'compress', value: 'FORMAT', text: 'on the way: gzip, brotli, zstd' },
    { name: 'decompress', value: 'FORMAT', text: 'on the way: gzip, brotli, zstd' },
    { name: 'header', value: "'NAME: VALUE'", multiple: true, text: 'is sent with an http request' },
    { name: 'method', value: 'NAME', text: 'of http as TO: PUT or POST. Default: PUT' },
    { name: 'piece', value: 'BYTES', text: 'bytes of one piece. Default: 256k for files, 64k for streams' },
    { name: 'in-flight', value: 'COUNT', text: 'pieces at once. Default: 4' },
    { name: 'preserve', short: 'p', text: 'keeps mode, times and, for root, owner' },
    { name: 'verify', text: 'reads the target again and compares it before it counts as done' },
    { name: 'resume', text: 'continues where it ended, and leaves a journal if it ends early again' },
    ...COMMON_OPTIONS,
  ],
  more: EXIT_CODES,
  async run(given) {
    const settings = settingsOf(given)
    const [fromWord, toWord, ...more] = given.positionals
    if (fromWord === undefined || toWord === undefined || more.length > 0) throw new UsageError(`transfer needs FROM and TO, and got ${given.positionals.length === 0 ? 'neither' : given.positionals.map((word) => `'${word}'`).join(' ')}`)
    const from = namedEnd(fromWord)
    const to = namedEnd(toWord)
    if (from.kind === 'file' && to.kind === 'file') await refuseSame(fromWord, toWord, from.path, to.path)
    if (from.kind === 'file' && (await stat(from.path).catch(() => undefined))?.isDirectory() === true) throw new Refusal(`${fromWord} is a directory: use 'trueaio copy' or 'trueaio sync'`)
    const headers = headersOf(given)
    const method = oneOf(given, 'method', ['PUT', 'POST'])
    if (given.values['resume'] === true && given.values['verify'] === true) throw new UsageError('--resume and --verify exclude each other: a resumed copy is checked piece by piece')
    const isEngine = WAITED_FOR.has(from.kind) || WAITED_FOR.has(to.kind) ? await hasSockets() : true
    const piece = sizeOf(given, 'piece')
    const through = await stagesOf(given)
    const options: TransferOptions = {
      ...through.length === 0 ? {} : { through },
      pieces: { ...piece === undefined ? {} : { size: piece }, inFlight: wholeNumber(given, 'in-flight', 1, 128, 4) },
      preserve: given.values['preserve'] === true, ...to.kind === 'stdio' ? { end: false } : {}, ...given.values['verify'] === true ? { verify: 'target' } : {}, ...journal(given, to),
    }
    const source = await sourceOf(from, { offset: sizeOf(given, 'offset'), length: sizeOf(given, 'length'), headers }, isEngine)
    const target = await targetOf(to, { offset: sizeOf(given, 'at'), length: undefined, headers, method }, isEngine)
    const lines = to.kind === 'stdio' ? 'stderr' : 'stdout'
    return new Mover(settings, { isVerbose: false, lines }, undefined).run([{ from: source, to: target, fromText: fromWord, toText: toWord, isTree: false, options }])
  },
}

async function refuseSame(fromWord: string, toWord: string, from: string | Buffer, to: string | Buffer): Promise<void> {
  const [one, other] = await Promise.all([stat(from).catch(() => undefined), stat(to).catch(() => undefined)])
  if (one?.isFile() === true && one.ino === other?.ino && one.dev === other.dev) throw new Refusal(`${fromWord} and ${toWord} are the same: name another target`)
  if (other?.isDirectory() === true) throw new Refusal(`${toWord} is a directory: name a file in it`)
}
