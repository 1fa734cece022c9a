// ④ driver — io_uring: which chains go down as one linked submission.
import { linkIsHard, linksSuffice } from '../../operation/chain.js'
import { Opcode, opensOne } from '../../operation/opcode.js'
import { FileKind, type Operation } from '../../operation/operation.js'
import { failureBreaksLink, sendsAll, timersLink } from './encode.js'
import type { Mounts } from './mounts.js'

const ACCESS_MODE = 0o3
const READ_ONLY = 0

/** Whether a chain does as one linked submission what it does member by member. */
export function canLink(members: readonly Operation[], setupFlags: number, mounts: Mounts): boolean {
  if (!linksSuffice(members)) return false
  let opens = 0
  let opensToWrite = false
  let usesOpened = false
  let atPosition = 0
  let transfersOpened = false
  for (const [position, member] of members.entries()) {
    if (member.opcode === Opcode.TIMER && !timersLink(setupFlags)) return false
    if (position < members.length - 1 && !failureBreaksLink(member.opcode) && !linkIsHard(members, position)) return false
    // A send that may be continued cannot be a link.
    if ((member.opcode === Opcode.SEND || member.opcode === Opcode.SENDMSG) && (!sendsAll(setupFlags) || member.detail?.descriptors !== undefined || member.detail?.zeroCopy === true)) return false
    // A socket of the chain's own gets a number.
    if (member.opcode !== Opcode.OPEN && opensOne(member.opcode) && members.some(({ fileKind }) => fileKind === FileKind.CHAIN_OPENED)) return false
    if (member.opcode === Opcode.OPEN) {
      opens++
      opensToWrite ||= (member.flags & ACCESS_MODE) !== READ_ONLY
    }
    const isTransfer = member.opcode >= Opcode.READ && member.opcode <= Opcode.WRITEV
    if (member.fileKind === FileKind.CHAIN_OPENED) {
      usesOpened = true
      transfersOpened ||= isTransfer
    }
    if (isTransfer && member.offset < 0) {
      // A write that may be continued cannot be a link. For a file not yet looked up, only the first read finds its position.
      if (member.opcode === Opcode.WRITE || member.opcode === Opcode.WRITEV) return false
      if (member.fileKind === FileKind.CHAIN_OPENED && ++atPosition > 1) return false
    }
  }
  // The end of a place in the table is no close(2): the file system is not asked to flush (up to 6.18). What NFS or FUSE says of
  // written bytes at that moment, "no space" or "I/O error", would be lost.
  if (usesOpened && (opens !== 1 || opensToWrite)) return false
  // What is not open yet may be a FUSE file, whose transfers are not for a ring (suitable.ts).
  return !transfersOpened || !mounts.mayHaveFuse()
}
