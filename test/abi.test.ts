// What TypeScript knows of the kernel's and the addon's structures is what the C compiler laid out.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { HEADROOM } from '#src/operation/buffer-group.js'
import { SOCKADDR_BYTES_MAX } from '#src/operation/address.js'
import { loadBinding } from '#src/native/load.js'
import { CqOffsets, Cqe, Params, Sqe, SqOffsets } from '#src/ring/layout/io-uring.js'
import { POOL_CONTROL_BYTES, PoolCompletion, PoolControl, PoolSubmission } from '#src/ring/layout/pool.js'
import { AIO_CONTROL_BYTES, AIO_EVENTS, AioControl, AioRing, FileTraits, Iocb, IoEvent } from '#src/ring/layout/linux-aio.js'
import { ProgramHeader, ProgramStepLayout } from '#src/ring/layout/program.js'
import { MoveHeader } from '#src/ring/layout/move.js'
import { ListHeader, ListItem } from '#src/ring/layout/whole.js'
import { IovecLayout, OpenHowLayout, ReceivedHeader, SiginfoLayout, StatxLayout, TimespecLayout } from '#src/ring/layout/structures.js'

const { binding, reason } = loadBinding()
const layout = binding?.layout
const skip = layout === undefined ? `the addon exports no layout here (${reason ?? process.platform})` : false
const WORD = 4

/** The C compiler's number; a name it does not export is a mistake of this test. */
function native(name: string): number {
  const value = layout?.[name]
  assert.ok(value !== undefined, `the addon exports no "${name}"`)
  return value
}

function compare(table: Readonly<Record<string, readonly [ours: number, unitBytes: number]>>): void {
  for (const [name, [ours, unitBytes]] of Object.entries(table)) assert.equal(ours * unitBytes, native(name), name)
}

test('struct io_uring_sqe', { skip }, () => {
  compare({
    'sizeof io_uring_sqe': [Sqe.WORDS, WORD],
    'io_uring_sqe.opcode': [Sqe.OPCODE_FLAGS_IOPRIO, WORD],
    'io_uring_sqe.fd': [Sqe.FD, WORD],
    'io_uring_sqe.off': [Sqe.OFF_LOW, WORD],
    'io_uring_sqe.addr': [Sqe.ADDR_LOW, WORD],
    'io_uring_sqe.len': [Sqe.LEN, WORD],
    'io_uring_sqe.rw_flags': [Sqe.OP_FLAGS, WORD],
    'io_uring_sqe.user_data': [Sqe.USER_DATA_LOW, WORD],
    'io_uring_sqe.buf_index': [Sqe.BUF_INDEX, WORD],
    'io_uring_sqe.file_index': [Sqe.FILE_INDEX, WORD],
    'io_uring_sqe.addr3': [Sqe.ADDR3_LOW, WORD],
  })
  // The first word is written as one: opcode | flags << 8 | ioprio << 16.
  assert.equal(native('io_uring_sqe.flags') * 8, 8)
  assert.equal(native('io_uring_sqe.ioprio') * 8, 16)
  for (const [low, high] of [[Sqe.OFF_LOW, Sqe.OFF_HIGH], [Sqe.ADDR_LOW, Sqe.ADDR_HIGH], [Sqe.USER_DATA_LOW, Sqe.USER_DATA_HIGH], [Sqe.ADDR3_LOW, Sqe.ADDR3_HIGH]] as const) {
    assert.equal(high, low + 1)
  }
})

test('struct io_uring_recvmsg_out, and where a send has its address', { skip }, (t) => {
  if (layout?.['sizeof io_uring_recvmsg_out'] === undefined) return t.skip('the addon was built with headers older than Linux 6.0')
  compare({
    'sizeof io_uring_recvmsg_out': [ReceivedHeader.BYTES, 1],
    'io_uring_recvmsg_out.namelen': [ReceivedHeader.NAME_LENGTH, 1],
    'io_uring_recvmsg_out.controllen': [ReceivedHeader.CONTROL_LENGTH, 1],
    'io_uring_recvmsg_out.payloadlen': [ReceivedHeader.PAYLOAD_LENGTH, 1],
    'io_uring_recvmsg_out.flags': [ReceivedHeader.FLAGS, 1],
    'io_uring_sqe.addr2': [Sqe.OFF_LOW, WORD],
    'io_uring_sqe.addr_len': [Sqe.FILE_INDEX, WORD],
  })
  assert.equal(HEADROOM, ReceivedHeader.BYTES + SOCKADDR_BYTES_MAX)
})

test('struct io_uring_cqe', { skip }, () => {
  compare({
    'sizeof io_uring_cqe': [Cqe.WORDS, WORD],
    'io_uring_cqe.user_data': [Cqe.USER_DATA_LOW, WORD],
    'io_uring_cqe.res': [Cqe.RES, WORD],
    'io_uring_cqe.flags': [Cqe.FLAGS, WORD],
  })
  assert.equal(Cqe.USER_DATA_HIGH, Cqe.USER_DATA_LOW + 1)
})

test('struct io_uring_params and the offsets in it', { skip }, () => {
  compare({
    'io_uring_params.sq_entries': [Params.SQ_ENTRIES, WORD],
    'io_uring_params.cq_entries': [Params.CQ_ENTRIES, WORD],
    'io_uring_params.flags': [Params.FLAGS, WORD],
    'io_uring_params.features': [Params.FEATURES, WORD],
    'io_uring_params.sq_off': [Params.SQ_OFF, WORD],
    'io_uring_params.cq_off': [Params.CQ_OFF, WORD],
    'io_sqring_offsets.head': [SqOffsets.HEAD, WORD],
    'io_sqring_offsets.tail': [SqOffsets.TAIL, WORD],
    'io_sqring_offsets.ring_mask': [SqOffsets.RING_MASK, WORD],
    'io_sqring_offsets.flags': [SqOffsets.FLAGS, WORD],
    'io_sqring_offsets.dropped': [SqOffsets.DROPPED, WORD],
    'io_sqring_offsets.array': [SqOffsets.ARRAY, WORD],
    'io_cqring_offsets.head': [CqOffsets.HEAD, WORD],
    'io_cqring_offsets.tail': [CqOffsets.TAIL, WORD],
    'io_cqring_offsets.ring_mask': [CqOffsets.RING_MASK, WORD],
    'io_cqring_offsets.overflow': [CqOffsets.OVERFLOW, WORD],
    'io_cqring_offsets.cqes': [CqOffsets.CQES, WORD],
  })
})

test('struct statx', { skip }, () => {
  const fields = { MASK: 'mask', BLKSIZE: 'blksize', ATTRIBUTES: 'attributes', NLINK: 'nlink', UID: 'uid', GID: 'gid', MODE: 'mode', INO: 'ino',
    SIZE: 'size', BLOCKS: 'blocks', ATIME: 'atime', BTIME: 'btime', CTIME: 'ctime', MTIME: 'mtime', RDEV_MAJOR: 'rdev_major',
    RDEV_MINOR: 'rdev_minor', DEV_MAJOR: 'dev_major', DEV_MINOR: 'dev_minor' } as const
  assert.equal(StatxLayout.BYTES, native('sizeof statx_t'))
  assert.deepEqual(Object.keys(StatxLayout).filter((name) => name !== 'BYTES').sort(), Object.keys(fields).sort())
  for (const [name, field] of Object.entries(fields)) assert.equal(StatxLayout[name as keyof typeof fields], native(`statx_t.stx_${field}`), field)
})

test('open_how, iovec, timespec, siginfo', { skip }, () => {
  compare({
    'sizeof open_how': [OpenHowLayout.BYTES, 1],
    'open_how.flags': [OpenHowLayout.FLAGS, 1],
    'open_how.mode': [OpenHowLayout.MODE, 1],
    'open_how.resolve': [OpenHowLayout.RESOLVE, 1],
    'sizeof iovec': [IovecLayout.BYTES, 1],
    'iovec.iov_base': [IovecLayout.BASE, 1],
    'iovec.iov_len': [IovecLayout.LEN, 1],
    'sizeof timespec64': [TimespecLayout.BYTES, 1],
    'timespec64.tv_sec': [TimespecLayout.SEC, 1],
    'timespec64.tv_nsec': [TimespecLayout.NSEC, 1],
    'sizeof siginfo_t': [SiginfoLayout.BYTES, 1],
    'siginfo_t.si_signo': [SiginfoLayout.SIGNO, 1],
    'siginfo_t.si_code': [SiginfoLayout.CODE, 1],
    'siginfo_t.si_pid': [SiginfoLayout.PID, 1],
    'siginfo_t.si_uid': [SiginfoLayout.UID, 1],
    'siginfo_t.si_status': [SiginfoLayout.STATUS, 1],
  })
})

test('the records and the control block of the thread pool', { skip }, () => {
  compare({
    'sizeof ta_pool_submission': [PoolSubmission.WORDS, WORD],
    'ta_pool_submission.number': [PoolSubmission.NUMBER, WORD],
    'ta_pool_submission.slot': [PoolSubmission.SLOT, WORD],
    'ta_pool_submission.generation': [PoolSubmission.GENERATION, WORD],
    'ta_pool_submission.lane': [PoolSubmission.LANE, WORD],
    'ta_pool_submission.arguments': [PoolSubmission.ARGUMENTS, WORD],
    'sizeof ta_pool_completion': [PoolCompletion.WORDS, WORD],
    'ta_pool_completion.slot': [PoolCompletion.SLOT, WORD],
    'ta_pool_completion.generation': [PoolCompletion.GENERATION, WORD],
    'ta_pool_completion.result': [PoolCompletion.RESULT_LOW, WORD],
    'ta_pool_control.submission_tail': [PoolControl.SUBMISSION_TAIL, WORD],
    'ta_pool_control.completion_tail': [PoolControl.COMPLETION_TAIL, WORD],
    'ta_pool_control.completion_head': [PoolControl.COMPLETION_HEAD, WORD],
    'ta_pool_control.armed': [PoolControl.ARMED, WORD],
  })
  assert.ok(native('sizeof ta_pool_control') <= POOL_CONTROL_BYTES)
})

test('iocb, io_event, the head of Linux AIO’s ring, and what the addon adds', { skip }, () => {
  compare({
    'sizeof iocb': [Iocb.WORDS, WORD],
    'iocb.aio_data': [Iocb.DATA_LOW, WORD],
    'iocb.aio_key': [Iocb.KEY, WORD],
    'iocb.aio_rw_flags': [Iocb.RW_FLAGS, WORD],
    'iocb.aio_lio_opcode': [Iocb.OPCODE_REQPRIO, WORD],
    'iocb.aio_fildes': [Iocb.FILDES, WORD],
    'iocb.aio_buf': [Iocb.BUF_LOW, WORD],
    'iocb.aio_nbytes': [Iocb.NBYTES_LOW, WORD],
    'iocb.aio_offset': [Iocb.OFFSET_LOW, WORD],
    'iocb.aio_flags': [Iocb.FLAGS, WORD],
    'iocb.aio_resfd': [Iocb.RESFD, WORD],
    'sizeof io_event': [IoEvent.WORDS, WORD],
    'io_event.data': [IoEvent.DATA_LOW, WORD],
    'io_event.obj': [IoEvent.OBJ_LOW, WORD],
    'io_event.res': [IoEvent.RES_LOW, WORD],
    'io_event.res2': [IoEvent.RES2_LOW, WORD],
    'sizeof ta_aio_ring': [AioRing.WORDS, WORD],
    'ta_aio_ring.count': [AioRing.COUNT, WORD],
    'ta_aio_ring.head': [AioRing.HEAD, WORD],
    'ta_aio_ring.tail': [AioRing.TAIL, WORD],
    'ta_aio_control.first': [AioControl.FIRST, WORD],
    'ta_aio_control.count': [AioControl.COUNT, WORD],
    'ta_aio_control.answer': [AioControl.ANSWER, WORD],
    TA_AIO_CONTROL_BYTES: [AIO_CONTROL_BYTES, 1],
    TA_AIO_EVENTS: [AIO_EVENTS, 1],
    ...Object.fromEntries(Object.entries(FileTraits).map(([name, bit]) => [`TA_FILE_${name}`, [bit, 1] as const])),
  })
  // One word: opcode | reqprio << 16.
  assert.equal(native('iocb.aio_reqprio'), native('iocb.aio_lio_opcode') + 2)
})

test('the records of a program', { skip }, () => {
  compare({
    'sizeof ta_program': [ProgramHeader.WORDS, WORD],
    'ta_program.count': [ProgramHeader.COUNT, WORD],
    'ta_program.steps_max': [ProgramHeader.STEPS_MAX, WORD],
    'ta_program.made': [ProgramHeader.MADE, WORD],
    'ta_program.last': [ProgramHeader.LAST, WORD],
    'ta_program.ended': [ProgramHeader.ENDED, WORD],
    'sizeof ta_program_step': [ProgramStepLayout.WORDS, WORD],
    'ta_program_step.number': [ProgramStepLayout.NUMBER, WORD],
    'ta_program_step.on_negative': [ProgramStepLayout.ON_NEGATIVE, WORD],
    'ta_program_step.on_zero': [ProgramStepLayout.ON_ZERO, WORD],
    'ta_program_step.on_positive': [ProgramStepLayout.ON_POSITIVE, WORD],
    'ta_program_step.kinds': [ProgramStepLayout.KINDS_BYTE, 1],
    'ta_program_step.compared': [ProgramStepLayout.COMPARED_BYTE, 1],
    'ta_program_step.sources': [ProgramStepLayout.SOURCES_BYTE, 1],
    'ta_program_step.runs': [ProgramStepLayout.RUNS, WORD],
    'ta_program_step.arguments': [ProgramStepLayout.ARGUMENTS, WORD],
    'ta_program_step.result': [ProgramStepLayout.RESULT, WORD],
    'ta_program_step.total': [ProgramStepLayout.TOTAL, WORD],
  })
})

test('the lists of whole operations', { skip }, () => {
  compare({
    'sizeof ta_list': [ListHeader.WORDS, WORD],
    'ta_list.count': [ListHeader.COUNT, WORD],
    'ta_list.next': [ListHeader.NEXT, WORD],
    'ta_list.paths_at': [ListHeader.PATHS_AT, WORD],
    'ta_list.data_at': [ListHeader.DATA_AT, WORD],
    'ta_list.length': [ListHeader.LENGTH, WORD],
    'ta_list.used': [ListHeader.USED, WORD],
    'ta_list.waits': [ListHeader.WAITS, WORD], 'ta_list.at_once': [ListHeader.AT_ONCE, WORD],
    'sizeof ta_list_item': [ListItem.WORDS, WORD],
    'ta_list_item.result': [ListItem.RESULT, WORD],
    'ta_list_item.fd': [ListItem.FD, WORD],
    'ta_list_item.step': [ListItem.STEP, WORD],
    'ta_list_item.argument': [ListItem.ARGUMENT, WORD],
    'ta_list_item.mode': [ListItem.MODE, WORD],
    'ta_list_item.at': [ListItem.AT, WORD],
    'ta_list_item.length': [ListItem.LENGTH, WORD],
  })
})

test('the request of a move', { skip }, () => {
  compare({
    'sizeof ta_move': [MoveHeader.BYTES, 1],
    'ta_move.from': [MoveHeader.FROM, WORD],
    'ta_move.to': [MoveHeader.TO, WORD],
    'ta_move.from_at': [MoveHeader.FROM_AT, WORD],
    'ta_move.to_at': [MoveHeader.TO_AT, WORD],
    'ta_move.length': [MoveHeader.LENGTH, WORD],
    'ta_move.moved': [MoveHeader.MOVED, WORD],
    'ta_move.digest': [MoveHeader.DIGEST, WORD],
    'ta_move.nanoseconds': [MoveHeader.NANOSECONDS, WORD],
    'ta_move.way': [MoveHeader.WAY, WORD],
    'ta_move.memory_at': [MoveHeader.MEMORY_AT, WORD],
    'ta_move.piece': [MoveHeader.PIECE, WORD],
    'ta_move.held_at': [MoveHeader.HELD_AT, WORD],
    'ta_move.held': [MoveHeader.HELD, WORD],
    'ta_move.is_digested': [MoveHeader.IS_DIGESTED, WORD],
    'ta_move.trip_bytes': [MoveHeader.TRIP_BYTES, WORD],
    'ta_move.wait_milliseconds': [MoveHeader.WAIT_MILLISECONDS, WORD],
    'ta_move.step': [MoveHeader.STEP, WORD],
    'ta_move.has_ended': [MoveHeader.HAS_ENDED, WORD],
    'ta_move.error': [MoveHeader.ERROR, WORD],
    'ta_move.told_step': [MoveHeader.TOLD_STEP, WORD],
  })
})
