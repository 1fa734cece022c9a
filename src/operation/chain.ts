// ② operation — several operations that run one after the other without coming back to JavaScript in between.
import { invalidArgType, invalidArgValue } from './arguments.js'
import { opensOne, Opcode } from './opcode.js'
import { ChainOpened, FileKind, Operation, OperationDetail, type ResultOf } from './operation.js'

const MSG_WAITALL = 0x100

type Results<Members extends readonly Operation[]> = { -readonly [Index in keyof Members]: ResultOf<Members[Index]> }

/** The most members one chain takes. */
export const CHAIN_LENGTH_MAX = 64

interface ChainFunction {
  /**
   * Runs its members in order. The first that fails, or reads or writes less than asked, ends the chain: those after
   * it are not started (ECANCELED), but for a `close(chain.opened)` right behind it. Resolves to every member's result; rejects with the first failure, whose `index`
   * is that of the member, and `results` has what came of each (as from Promise.allSettled).
   *
   * `chain.opened` stands for the file that an `open`, `socket` or `accept` earlier in the same chain opened. It belongs to the
   * chain and is closed at its end, by a `close(chain.opened)` or without; on a ring a file never gets a descriptor number (the
   * result of its `open` is -1 then).
   *
   * @throws ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE
   * @see io_uring_enter(2), IOSQE_IO_LINK
   */
  <const Members extends readonly Operation[]>(...members: Members): Operation<Results<Members>>
  /** The file opened earlier in the chain. */
  readonly opened: ChainOpened
}

function makeChain<const Members extends readonly Operation[]>(...members: Members): Operation<Results<Members>> {
  if (members.length === 0 || members.length > CHAIN_LENGTH_MAX) {
    throw invalidArgValue('members', members.length, `must be 1 to ${String(CHAIN_LENGTH_MAX)} operations`)
  }
  let opened = false
  members.forEach((member, index) => {
    const name = `members[${String(index)}]`
    if (!(member instanceof Operation)) throw invalidArgType(name, 'an instance of Operation', member)
    if (member.opcode === Opcode.CHAIN) throw invalidArgValue(name, 'chain', 'cannot be a chain itself')
    if (member.detail?.multishot === true) throw invalidArgValue(name, 'multishot', 'cannot be multishot in a chain')
    if (member.fileKind === FileKind.CHAIN_OPENED && !opened) throw invalidArgValue(name, 'chain.opened', 'must follow an open, a socket or an accept in the same chain')
    if (opensOne(member.opcode)) opened = true
  })
  const detail = new OperationDetail()
  detail.members = members
  return new Operation(Opcode.CHAIN, FileKind.DESCRIPTOR, -1, undefined, 0, 0, 0, detail)
}

/**
 * Makes one operation of several that run one after the other: see the description of the call. `chain.opened` is the
 * file that a member opened.
 */
export const chain: ChainFunction = Object.assign(makeChain, { opened: new ChainOpened() })

/**
 * The same operation as a hard-linked member: the chain continues after it, whatever its result.
 * @throws ERR_INVALID_ARG_TYPE
 * @see io_uring_enter(2), IOSQE_IO_HARDLINK
 */
export function hardLink<Result>(member: Operation<Result>): Operation<Result> {
  if (!(member instanceof Operation)) throw invalidArgType('member', 'an instance of Operation', member)
  const detail = new OperationDetail()
  if (member.detail !== undefined) Object.assign(detail, member.detail)
  detail.hardLink = true
  return new Operation<Result>(member.opcode, member.fileKind, member.file, member.buffer, member.length, member.offset, member.flags, detail)
}

/**
 * Whether the next member runs whatever this one's result: asked for by `hardLink`, or because the next closes the file
 * that the chain opened (a short read of a small file must not leave it open).
 */
export function linkIsHard(members: readonly Operation[], position: number): boolean {
  const member = members[position] as Operation // the caller's loop is over members
  if (member.detail?.hardLink === true) return true
  const next = members[position + 1]
  return next !== undefined && next.opcode === Opcode.CLOSE && next.fileKind === FileKind.CHAIN_OPENED && !opensOne(member.opcode)
}

/**
 * Whether a chain goes on behind a member. Short reads and writes end one, as IOSQE_IO_LINK has it.
 * @param results of this member and of those before it
 */
export function goesOnBehind(members: readonly Operation[], position: number, results: readonly (number | undefined)[]): boolean {
  return linkIsHard(members, position) || holds(members, position, results)
}

/** Whether a member lets others follow. A close that runs whatever came before it heals nothing: a file that came out short is not renamed. */
function holds(members: readonly Operation[], position: number, results: readonly (number | undefined)[]): boolean {
  const member = members[position] as Operation // the caller's loop is over members
  const result = results[position] as number // it has ended
  if (member.detail?.hardLink === true) return true
  if (result < 0 || isShort(member, result)) return false
  return !closesAnyway(members, position) || holds(members, position - 1, results)
}

/** Whether it is the close of the chain's file that runs whatever came before it. */
function closesAnyway(members: readonly Operation[], position: number): boolean {
  return position > 0 && members[position - 1]?.detail?.hardLink !== true && linkIsHard(members, position - 1)
}

/** Whether links can say it: no kernel remembers behind such a close what came before it. */
export function linksSuffice(members: readonly Operation[]): boolean {
  return members.every((_, position) => position === members.length - 1 || !closesAnyway(members, position))
}

function isShort(member: Operation, result: number): boolean {
  switch (member.opcode) {
    case Opcode.READ: case Opcode.WRITE: case Opcode.READV: case Opcode.WRITEV: case Opcode.SPLICE: case Opcode.TEE:
    case Opcode.SEND: case Opcode.SENDMSG: case Opcode.COMPARE_MEMORY:
      return result < member.length
    // What has come is all that is asked for, unless MSG_WAITALL says otherwise.
    case Opcode.RECV:
      return (member.flags & MSG_WAITALL) !== 0 && result < member.length
    default:
      return false
  }
}
