// ④ driver — io_uring: whether this kernel lets us have a ring, and what its rings can do. A refusal names the likely
// cause and what to change.
import type { Binding, NativeRing } from '../../native/binding.js'
import { Opcode, OPCODE_COUNT } from '../../operation/opcode.js'
import { Errno, errorCode, isTransient } from '../../operation/system-error.js'
import { Support, type Refusal } from '../../proactor/driver.js'
import {
  IORING_ENTER_GETEVENTS, IORING_FEAT_EXT_ARG, IORING_FEAT_NODROP, IORING_FEAT_RW_CUR_POS, IORING_FEAT_SINGLE_MMAP, IORING_FEAT_SUBMIT_STABLE, IORING_OP,
  IORING_REGISTER_PROBE, IORING_SETUP_CLAMP, IORING_SETUP_COOP_TASKRUN, IORING_SETUP_NO_SQARRAY, IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SUBMIT_ALL, IORING_SETUP_TASKRUN_FLAG, Params, Sqe,
} from '../../ring/layout/io-uring.js'
import { providesBuffers, RING_OPCODE } from './encode.js'
import { RingCalls } from './ring-calls.js'

// From the newest set of flags to none: a kernel refuses those it does not know with EINVAL.
const FLAG_SETS: readonly number[] = [
  IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_NO_SQARRAY,
  IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_COOP_TASKRUN | IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_CLAMP | IORING_SETUP_SUBMIT_ALL,
  IORING_SETUP_CLAMP,
]

const FEATURES_NEEDED: readonly (readonly [number, string])[] = [
  [IORING_FEAT_SINGLE_MMAP, 'SINGLE_MMAP (Linux 5.4)'],
  [IORING_FEAT_NODROP, 'NODROP (Linux 5.5)'],
  [IORING_FEAT_SUBMIT_STABLE, 'SUBMIT_STABLE (Linux 5.5)'],
  [IORING_FEAT_RW_CUR_POS, 'RW_CUR_POS (Linux 5.6)'],
  [IORING_FEAT_EXT_ARG, 'EXT_ARG (Linux 5.11)'],
]

/** What a ring must have for the driver to be of use; without any of these another driver serves better. */
const OPCODES_NEEDED = [IORING_OP.READ, IORING_OP.WRITE, IORING_OP.OPENAT, IORING_OP.CLOSE, IORING_OP.ASYNC_CANCEL, IORING_OP.POLL_ADD]

/** Sets up a ring with the best flags this kernel takes, or says why there is none. */
function setUpRing(binding: Binding, entries: number, completionEntries: number, onReadable: () => void): NativeRing | Refusal {
  if (binding.ringCreate === undefined) return { refused: `io_uring is Linux's; this is ${process.platform}` }
  let result: NativeRing | number = Errno.EINVAL
  for (const flags of FLAG_SETS) {
    try {
      result = binding.ringCreate(entries, flags, completionEntries, onReadable)
    } catch (error) {
      return { refused: error instanceof Error ? error.message : String(error), isTransient: true }
    }
    if (result !== Errno.EINVAL) break
  }
  if (typeof result === 'number') return { refused: refusal(result), isTransient: isTransient(result) }
  const features = result.params[Params.FEATURES] as number
  const missing = FEATURES_NEEDED.find(([bit]) => (features & bit) === 0)
  if (missing === undefined) return result
  result.close()
  return { refused: `this kernel's io_uring is too old: it lacks ${missing[1]}` }
}

function refusal(errno: number): string {
  switch (errno) {
    case Errno.ENOSYS:
      return 'io_uring_setup: ENOSYS: this kernel has no io_uring (Linux 5.11 or newer needed), or a sandbox hides it'
    case Errno.EPERM:
      return 'io_uring_setup: EPERM: forbidden by sysctl kernel.io_uring_disabled, by a seccomp filter (the default of Docker and other containers), or by a security module'
    case Errno.ENOMEM:
      return 'io_uring_setup: ENOMEM: locked-memory limit reached (raise RLIMIT_MEMLOCK, `ulimit -l`) or no memory for the rings'
    default:
      return `io_uring_setup: ${errorCode(errno)}`
  }
}

const PROBE_HEADER_BYTES = 16
const PROBE_ENTRY_BYTES = 8
const PROBE_OPS = 256
const IO_URING_OP_SUPPORTED = 1

/** Our opcodes that the ring carries out, by asking the kernel for its own; or what is missing. */
function probeOperations(ring: NativeRing): Uint8Array | Refusal {
  const probe = new Uint8Array(PROBE_HEADER_BYTES + PROBE_OPS * PROBE_ENTRY_BYTES)
  const answer = ring.register(IORING_REGISTER_PROBE, probe, PROBE_OPS)
  if (answer < 0) return { refused: `io_uring_register(PROBE): ${errorCode(answer)}` }
  const supported = (opcode: number): boolean => {
    const at = PROBE_HEADER_BYTES + opcode * PROBE_ENTRY_BYTES
    return opcode <= (probe[0] as number) && ((probe[at + 2] as number) & IO_URING_OP_SUPPORTED) !== 0
  }
  const missing = OPCODES_NEEDED.find((opcode) => !supported(opcode))
  if (missing !== undefined) return { refused: `this kernel's io_uring lacks opcode ${String(missing)}` }
  const operations = new Uint8Array(OPCODE_COUNT)
  const provides = providesBuffers(ring.params[Params.FLAGS] as number)
  for (let opcode = 0; opcode < OPCODE_COUNT; opcode++) {
    const theirs = RING_OPCODE[opcode] as number
    const lacksBuffers = !provides && (opcode === Opcode.RECV_PIECE || opcode === Opcode.RECVMSG_PIECE)
    if (theirs >= 0 && supported(theirs) && !lacksBuffers) operations[opcode] = Support.NATIVE
  }
  return operations
}

/** How often the kernel may say "not now" to the probe. */
const ENTER_ATTEMPTS = 16

/** Why the kernel takes no submissions of a ring that it has set up (a seccomp filter on this call alone); undefined: it takes them. */
function probeEnter(ring: NativeRing): string | undefined {
  const calls = new RingCalls(ring)
  const at = calls.submissions.next()
  calls.submissions.words.fill(0, at, at + Sqe.WORDS)
  calls.submissions.words[at] = IORING_OP.NOP
  for (let attempt = 0; attempt < ENTER_ATTEMPTS && calls.completions.ready === 0; attempt++) {
    calls.enter(calls.submissions.pending === 0 ? 1 : 0, IORING_ENTER_GETEVENTS, -1)
    if (calls.dead !== undefined) return `${calls.dead}: the ring was set up, but a seccomp filter or a security module forbids its use`
  }
  if (!calls.take()) return 'io_uring_enter: the kernel takes nothing at present'
  calls.batch.next()
  calls.announce()
  return undefined
}

/** A ring that works, and by opcode what it carries out; or why there is none. */
export function openRing(
  binding: Binding, entries: number, completionEntries: number, onReadable: () => void,
): { readonly ring: NativeRing; readonly operations: Uint8Array } | Refusal {
  const ring = setUpRing(binding, entries, completionEntries, onReadable)
  if ('refused' in ring) return ring
  const operations = probeOperations(ring)
  const refused = 'refused' in operations ? operations.refused : probeEnter(ring)
  if (refused === undefined) return { ring, operations: operations as Uint8Array }
  ring.close()
  return { refused }
}
