// ④ driver — io_uring: what the kernel has of each submission, by slot: the entry that asks for it, the memory lent to it,
// the chain it belongs to. Written when it is taken, once more when it has to be asked for again, given back at its end.
import type { Binding, NativeRing } from '../../native/binding.js'
import { ownDescriptors } from '../../native/load.js'
import { linkIsHard } from '../../operation/chain.js'
import { LentMemory } from '../../operation/lent-memory.js'
import { Opcode, opensOne } from '../../operation/opcode.js'
import { readMessage } from '../../operation/socket-structures.js'
import { Errno } from '../../operation/system-error.js'
import { FileKind, Operation, type View } from '../../operation/operation.js'
import type { Submission } from '../../proactor/driver.js'
import {
  IORING_CQE_F_BUFFER, IORING_OP, IOSQE_ASYNC, IOSQE_FIXED_FILE, IOSQE_IO_HARDLINK, IOSQE_IO_LINK, Params, Sqe,
} from '../../ring/layout/io-uring.js'
import type { SubmissionRing } from '../../ring/submission-ring.js'
import { CopiedInline, SMALL_BYTES } from './copied-inline.js'
import { decodeValue, needsDecoding } from './decode.js'
import { DirectChain, DirectFiles } from './direct-files.js'
import { encode, isMessageOfMany, receivesAgain, regionBytes } from './encode.js'
import { canLink } from './links.js'
import { Groups } from './groups.js'
import { HeldFiles } from './held-files.js'
import { Mounts } from './mounts.js'
import { RegisteredBuffers } from './registered-buffers.js'
import { isPlain, SocketEntries } from './socket-entries.js'
import { isCarriedOn, restOf, StreamWrites } from './stream-writes.js'
import { grown, RememberedViews } from './views.js'

// user_data, low word: a slot, or a slot with one of these bits. Slots stay below 2^29.
export const CANCEL_MARK = 0x40000000
const POLL_MARK = 0x20000000
export const SLOT_MASK = 0x1fffffff
/** With both: a slot whose results are new descriptors, in a worker, at whose end they are closed (native/io_uring.c, OPENS_MARK). */
export const OPENS_MARK = 0x60000000

/** All lent memory is out: nothing was written, and it can be offered again after a completion. */
export const NO_REGION_NOW = 1
/** Paths in a chain longer than this make it run member by member: a link must not be cut in the middle. */
const CHAIN_PATH_MAX = 1000
/** Of `Entries.kinds`: a receive that holds nothing, whose completion's flags are looked at. */
export const RECEIVES = 2

// The names of the hot path as constants of this module: compiled code then holds their values, while a property of an
// imported table is loaded each time (two dozen of them an operation).
const { READ, WRITE } = Opcode
const { DESCRIPTOR } = FileKind
const { READ: RING_READ, WRITE: RING_WRITE, READ_FIXED: RING_READ_FIXED, WRITE_FIXED: RING_WRITE_FIXED } = IORING_OP
const {
  FD: SQE_FD, OFF_LOW: SQE_OFF_LOW, OFF_HIGH: SQE_OFF_HIGH, ADDR_LOW: SQE_ADDR_LOW, ADDR_HIGH: SQE_ADDR_HIGH, LEN: SQE_LEN,
  OP_FLAGS: SQE_OP_FLAGS, USER_DATA_LOW: SQE_USER_DATA_LOW, USER_DATA_HIGH: SQE_USER_DATA_HIGH, BUF_INDEX: SQE_BUF_INDEX,
  FILE_INDEX: SQE_FILE_INDEX, ADDR3_LOW: SQE_ADDR3_LOW, ADDR3_HIGH: SQE_ADDR3_HIGH,
} = Sqe

/** What dead rings were given, with the memory of callers. */
const heldForEver: Entries[] = []

/** Every method that writes needs room in the ring for what it writes. */
export class Entries {
  readonly files: DirectFiles
  readonly groups: Groups
  readonly views: RememberedViews
  readonly streamWrites: StreamWrites = new StreamWrites()
  readonly sockets: SocketEntries
  /** By slot: what was submitted last; its generation tells whether it is still the one meant. */
  readonly taken: (Submission | undefined)[] = []
  /** By slot: 0 for what completes with the plain number and holds nothing: reads and writes, which are most of all. */
  kinds: Uint8Array = new Uint8Array(1024)
  readonly copiedInline: CopiedInline = new CopiedInline()
  readonly #submissions: SubmissionRing
  readonly #setupFlags: number
  readonly #memory: LentMemory
  readonly #buffers: RegisteredBuffers
  readonly #mounts: Mounts
  // By slot: the memory for its paths and structures; -1: none.
  #regions: Int32Array = new Int32Array(1024)
  readonly #chains: (DirectChain | undefined)[] = []
  /** By slot: the generation that was last a member of a link. */
  readonly #linked = new Map<number, number>()
  readonly #held: HeldFiles
  /** By slot of each timer: its ticks so far. */
  readonly ticks: Map<number, number> = new Map<number, number>()

  constructor(binding: Binding, ring: NativeRing, submissions: SubmissionRing) {
    this.#submissions = submissions
    this.#setupFlags = ring.params[Params.FLAGS] as number
    this.#memory = new LentMemory(binding)
    this.#mounts = new Mounts(binding)
    this.views = new RememberedViews(this.#memory, this.taken)
    const address = (view: NodeJS.ArrayBufferView): number => binding.address(view)
    this.sockets = new SocketEntries(submissions, this.views, this.#setupFlags)
    this.files = new DirectFiles(ring, address)
    this.#held = new HeldFiles(binding, this.files)
    this.groups = new Groups(binding, ring, receivesAgain(this.#setupFlags))
    this.#buffers = new RegisteredBuffers(ring, this.#memory, address)
  }

  /** Reads and writes: no structure of the engine's, no region, the result as it is. */
  writeTransfer(submission: Submission, operation: Operation, linkFlags: number): void {
    const at = this.#submissions.next()
    const { words } = this.#submissions
    const { slot } = submission
    if (slot >= this.kinds.length) this.#grow(slot)
    if (this.taken[slot] !== submission) this.taken[slot] = submission
    // A write at the current position may be short, and is then continued.
    const maySplit = operation.offset < 0 && operation.opcode === WRITE
    this.kinds[slot] = maySplit ? 1 : 0
    if (maySplit) this.#regions[slot] = -1
    if (operation.offset < 0) this.#held.note(submission)
    const view = operation.buffer as View // a read or write has one
    const { views } = this
    views.remember(slot, submission.generation, view)
    const address = views.addresses[slot] as number
    let bufferIndex = views.bufferIndexes[slot] as number
    const { offset, length, opcode } = operation
    let ringOpcode: number = opcode === READ ? RING_READ : RING_WRITE
    let entryFlags = linkFlags
    if (bufferIndex >= 0) ringOpcode = opcode === READ ? RING_READ_FIXED : RING_WRITE_FIXED
    else bufferIndex = 0
    let file = operation.file
    if (operation.fileKind !== DESCRIPTOR) {
      entryFlags |= IOSQE_FIXED_FILE
      if (operation.fileKind === FileKind.CHAIN_OPENED) file = this.#chains[slot]?.index ?? -1
    }
    if (length > SMALL_BYTES && this.copiedInline.isTooMuch(operation)) entryFlags |= IOSQE_ASYNC
    words[at] = ringOpcode | (entryFlags << 8) | (submission.priority << 16)
    words[at + SQE_FD] = file
    words[at + SQE_OFF_LOW] = offset | 0
    words[at + SQE_OFF_HIGH] = offset < 0 ? -1 : (offset / 4294967296) | 0
    words[at + SQE_ADDR_LOW] = address | 0
    words[at + SQE_ADDR_HIGH] = (address / 4294967296) | 0
    words[at + SQE_LEN] = length
    words[at + SQE_OP_FLAGS] = operation.flags
    words[at + SQE_USER_DATA_LOW] = slot
    words[at + SQE_USER_DATA_HIGH] = submission.generation
    words[at + SQE_BUF_INDEX] = bufferIndex
    words[at + SQE_FILE_INDEX] = 0
    words[at + SQE_ADDR3_LOW] = 0
    words[at + SQE_ADDR3_HIGH] = 0
    words[at + 14] = 0
    words[at + 15] = 0
  }

  /**
   * Anything else.
   * @returns 0; NO_REGION_NOW; or the errno that it can only fail with (a path too long): a nop nobody waits for is in its place
   */
  writeOther(submission: Submission, linkFlags: number, chain: DirectChain | undefined): number {
    const { operation, slot, generation } = submission
    if (linkFlags === 0 && isPlain(operation)) {
      if (slot >= this.kinds.length) this.#grow(slot)
      this.sockets.write(submission)
      this.taken[slot] = submission
      this.kinds[slot] = operation.opcode === Opcode.RECV ? RECEIVES : 0
      this.#regions[slot] = -1
      return 0
    }
    const bytes = regionBytes(operation)
    const region = bytes === 0 ? -1 : this.#memory.lend(bytes)
    if (bytes > 0 && region < 0) return NO_REGION_NOW
    if (slot >= this.kinds.length) this.#grow(slot)
    const at = this.#submissions.next()
    const { words } = this.#submissions
    const groupId = operation.detail?.group === undefined ? 0 : this.groups.idOf(operation.opcode, operation.detail.group, operation.detail.multishot)
    const failure = groupId < 0 ? groupId : encode(operation, this.#memory, words, at, region, chain?.index ?? -1, this.#setupFlags)
    if (failure < 0) {
      words.fill(0, at, at + Sqe.WORDS)
      this.#address(at, slot | CANCEL_MARK, generation)
      if (region >= 0) this.#memory.release(region)
      return failure
    }
    words[at] = (words[at] as number) | (linkFlags << 8)
    if (operation.detail?.group !== undefined) words[at + SQE_BUF_INDEX] = groupId
    if (operation.opcode === Opcode.READV || operation.opcode === Opcode.WRITEV) {
      const isAsync = operation.length > SMALL_BYTES && this.copiedInline.isTooMuch(operation)
      words[at] = words[at] | ((isAsync ? IOSQE_ASYNC : 0) << 8) | (submission.priority << 16)
    }
    if (operation.offset < 0 && isCarriedOn(operation)) this.#held.note(submission)
    this.#address(at, this.#markedSlot(submission), generation)
    this.taken[slot] = submission
    const multishot = operation.detail?.multishot === true
    this.kinds[slot] = region >= 0 || isCarriedOn(operation) || opensNoted(operation.opcode) || needsDecoding(operation.opcode) || chain !== undefined || multishot ? 1 : 0
    this.#regions[slot] = region
    if (operation.opcode === Opcode.TIMER) this.ticks.set(slot, 0)
    return 0
  }

  /**
   * Makes a duplicate of a transfer's descriptor, on which it is waited for and asked for again: the number may be another
   * file's by then. False: it is not open any more, or is another file's already.
   */
  holdOpen(submission: Submission): boolean {
    if (!this.#held.hold(submission)) return false
    this.kinds[submission.slot] = 1
    return true
  }

  /** Asks once more for what the slot holds: its region, if any, has not been given back. */
  writeAgain(submission: Submission): void {
    const { slot, generation } = submission
    const done = this.streamWrites.doneBy(slot)
    const duplicate = this.#held.of(slot)
    const operation = duplicate === undefined ? submission.operation : onDescriptor(submission.operation, duplicate)
    if (operation.opcode === READ || operation.opcode === WRITE) {
      this.writeTransfer(submission, operation, 0)
      if (duplicate !== undefined) this.kinds[slot] = 1
      if (done > 0) this.#skip(done)
      return
    }
    const rest = done > 0 && operation.buffer === undefined ? restOf(operation, done) : operation
    const at = this.#submissions.next()
    encode(rest, this.#memory, this.#submissions.words, at, this.#regions[slot] as number, -1, this.#setupFlags)
    this.#address(at, this.#markedSlot(submission), generation)
    if (operation.detail?.group !== undefined) this.#submissions.words[at + SQE_BUF_INDEX] = this.groups.idOf(operation.opcode, operation.detail.group, false)
    if (done > 0 && rest === operation) this.#skip(done)
  }

  /** Leaves out the first bytes of the transfer that was written last. */
  #skip(bytes: number): void {
    const { last: at, words } = this.#submissions
    const address = (words[at + SQE_ADDR_HIGH] as number) * 4294967296 + ((words[at + SQE_ADDR_LOW] as number) >>> 0) + bytes
    words[at + SQE_ADDR_LOW] = address | 0
    words[at + SQE_ADDR_HIGH] = (address / 4294967296) | 0
    words[at + SQE_LEN] = (words[at + SQE_LEN] as number) - bytes
  }

  /** A poll of the operation's file, to which the entry written next is hard-linked: it runs even if the poll fails. */
  writePollBefore({ operation, slot, generation }: Submission, events: number): void {
    const at = this.#submissions.next()
    const { words } = this.#submissions
    words.fill(0, at, at + Sqe.WORDS)
    words[at] = IORING_OP.POLL_ADD | (IOSQE_IO_HARDLINK << 8)
    words[at + Sqe.FD] = this.#held.of(slot) ?? operation.file
    words[at + Sqe.OP_FLAGS] = events
    this.#address(at, slot | POLL_MARK, generation)
  }

  /** A cancel of the submission, or of the poll it waits behind. */
  writeCancel(submission: Submission, ofPoll: boolean): void {
    const { slot, generation } = submission
    const at = this.#submissions.next()
    const { words } = this.#submissions
    words.fill(0, at, at + Sqe.WORDS)
    words[at] = IORING_OP.ASYNC_CANCEL
    words[at + Sqe.FD] = -1
    words[at + Sqe.ADDR_LOW] = ofPoll ? slot | POLL_MARK : this.#markedSlot(submission)
    words[at + Sqe.ADDR_HIGH] = generation
    this.#address(at, slot | CANCEL_MARK, generation)
  }

  /** Nothing, for a worker of the kernel's to do. Nobody waits for its end. */
  writeNothing(): void {
    const at = this.#submissions.next()
    const { words } = this.#submissions
    words.fill(0, at, at + Sqe.WORDS)
    words[at] = IORING_OP.NOP | (IOSQE_ASYNC << 8)
    this.#address(at, CANCEL_MARK, 0)
  }

  #address(at: number, low: number, high: number): void {
    const { words } = this.#submissions
    words[at + Sqe.USER_DATA_LOW] = low
    words[at + Sqe.USER_DATA_HIGH] = high
  }

  takesChain(members: readonly Operation[]): boolean {
    return members.length <= this.#submissions.capacity && canLink(members, this.#setupFlags, this.#mounts)
  }

  /** All members as one link. False: no memory or no place for its file now; nothing is written. */
  writeChain(members: readonly Submission[]): boolean {
    const operations = members.map((member) => member.operation)
    if (!this.#regionsSuffice(operations)) return false
    let chain: DirectChain | undefined
    if (operations.some((operation) => operation.fileKind === FileKind.CHAIN_OPENED)) {
      const index = this.files.take()
      if (index < 0) return false
      chain = new DirectChain(this.files, index, members.length)
    }
    members.forEach((member, position) => {
      const last = position === members.length - 1
      const linkFlags = last ? 0 : linkIsHard(operations, position) ? IOSQE_IO_HARDLINK : IOSQE_IO_LINK
      const { operation, slot } = member
      this.#linked.set(slot, member.generation)
      if (chain !== undefined) this.#chains[slot] = chain
      if (operation.opcode === READ || operation.opcode === WRITE) {
        this.writeTransfer(member, operation, linkFlags)
        this.#regions[slot] = -1
      } else {
        this.writeOther(member, linkFlags, operation.opcode === Opcode.OPEN || operation.fileKind === FileKind.CHAIN_OPENED ? chain : undefined)
      }
      if (chain !== undefined) this.kinds[slot] = 1
    })
    return true
  }

  /** Whether all members can be lent their regions and none has a path too long: a link must not be cut in the middle. */
  #regionsSuffice(operations: readonly Operation[]): boolean {
    const lent: number[] = []
    let suffice = true
    for (const operation of operations) {
      const { detail } = operation
      const bytes = regionBytes(operation)
      if (bytes > 0) {
        const region = this.#memory.lend(bytes)
        if (region < 0) suffice = false
        else lent.push(region)
      }
      if (Math.max(detail?.path?.length ?? 0, detail?.path2?.length ?? 0) > CHAIN_PATH_MAX) suffice = false
    }
    for (const region of lent) this.#memory.release(region)
    return suffice
  }

  /**
   * Whether an entry that nobody cancelled was cancelled by the kernel, which could make no worker for it (RLIMIT_NPROC, no memory). A
   * link's members are cancelled with the one that failed.
   */
  isRefusedWorker(slot: number, result: number): boolean {
    const { operation, generation } = this.taken[slot] ?? {}
    return result === Errno.ECANCELED && operation !== undefined && operation.opcode !== Opcode.TIMER && this.#linked.get(slot) !== generation
  }

  /** Whether the slot's submission is a member of a chain with a file of its own. */
  inDirectChain(slot: number): boolean {
    return this.#chains[slot] !== undefined
  }

  /** What the caller gets for a result ≥ 0. @param flags the completion's */
  value({ slot, operation }: Submission, result: number, flags: number): unknown {
    const { detail, opcode } = operation
    if (detail?.group !== undefined) {
      if (isMessageOfMany(operation) && (flags & IORING_CQE_F_BUFFER) !== 0) return this.groups.message(detail.group, flags, result)
      const piece = this.groups.piece(detail.group, flags, result)
      return opcode === Opcode.RECV_PIECE ? piece : { ...readMessage(this.#memory, this.#regions[slot] as number, result), piece }
    }
    if (opcode === Opcode.OPEN) return this.inDirectChain(slot) ? -1 : result
    const ticks = opcode === Opcode.TIMER && detail?.multishot === true ? this.ticks.get(slot) : undefined
    if (ticks !== undefined) {
      this.ticks.set(slot, ticks + 1)
      return ticks + 1
    }
    return needsDecoding(opcode) ? decodeValue(operation, this.#memory, this.#regions[slot] as number, result) : result
  }

  /** A plain receive has ended. */
  received(slot: number, flags: number): void {
    this.sockets.received(this.taken[slot]?.operation.file ?? 0, flags)
  }

  /** The submission has ended: what the slot held is given back. */
  ended({ slot, operation }: Submission, result: number): void {
    if (this.#held.release(slot) && (operation.opcode === READ || operation.opcode === WRITE)) return // which hold nothing else
    const region = this.#regions[slot] as number
    if (region >= 0) this.#memory.release(region)
    if (operation.opcode === Opcode.TIMER) this.ticks.delete(slot)
    const chain = this.#chains[slot]
    if (chain === undefined) return
    this.#chains[slot] = undefined
    chain.memberEnded(operation, result)
  }

  registerBuffer(region: ArrayBuffer): boolean {
    if (!this.#buffers.add(region)) return false
    this.views.forgetAll()
    return true
  }

  /** @param isHeld the kernel may still write into its memory, and nobody can learn until when */
  close(isHeld: boolean): void {
    this.#mounts.close()
    if (!isHeld) this.groups.close()
    if (isHeld) heldForEver.push(this)
    else this.#memory.close()
  }

  /** What stands for a submission in the low word of `user_data`. What a link opens for itself is a place in the ring's table, and no descriptor. */
  #markedSlot({ operation: { opcode }, slot }: Submission): number {
    const isPlace = opcode === Opcode.OPEN && this.#chains[slot] !== undefined
    return opensNoted(opcode) && !isPlace ? slot | OPENS_MARK : slot
  }

  #grow(slot: number): void {
    const length = Math.max(slot + 1, this.kinds.length * 2)
    const kinds = new Uint8Array(length)
    kinds.set(this.kinds)
    this.kinds = kinds
    this.#regions = grown(this.#regions, length)
  }
}

/** In a worker, what this opens is noted (native/descriptors.h). Its files are opened elsewhere: DriverLadder. */
function opensNoted(opcode: Opcode): boolean {
  return opensOne(opcode) && ownDescriptors() !== undefined
}

function onDescriptor({ opcode, buffer, length, offset, flags, detail }: Operation, file: number): Operation {
  return new Operation(opcode, DESCRIPTOR, file, buffer, length, offset, flags, detail?.zeroCopy === true ? undefined : detail)
}
