// ⑥ native — the sizes and offsets that TypeScript also knows, for test/abi.test.ts to compare.
#include "trueaio.h"
#ifdef __linux__
#include <linux/aio_abi.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/stat.h>
#include <linux/time_types.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>
#include "file_facts.h"
#include "linux_aio.h"
#include "move.h"
#include "pool.h"
#include "program.h"
#include "whole.h"

#define SIZE(type) ok = ok && ta_set_number(env, table, "sizeof " #type, (double)sizeof(type))
#define AT(type, field) ok = ok && ta_set_number(env, table, #type "." #field, (double)offsetof(type, field))

typedef struct io_uring_sqe io_uring_sqe;
typedef struct io_uring_cqe io_uring_cqe;
typedef struct io_uring_params io_uring_params;
typedef struct io_sqring_offsets io_sqring_offsets;
typedef struct io_cqring_offsets io_cqring_offsets;
typedef struct statx statx_t;
typedef struct open_how open_how;
typedef struct iovec iovec;
typedef struct msghdr msghdr;
typedef struct sockaddr_in sockaddr_in;
typedef struct sockaddr_in6 sockaddr_in6;
typedef struct sockaddr_un sockaddr_un;
#ifdef IORING_RECV_MULTISHOT  // headers of 6.0
typedef struct io_uring_recvmsg_out io_uring_recvmsg_out;
#endif
typedef struct iocb iocb;
typedef struct io_event io_event;
typedef struct __kernel_timespec timespec64;

napi_value ta_layout_init(napi_env env, napi_value exports) {
  napi_value table;
  bool ok = true;
  TA_TRY(env, napi_create_object(env, &table));
  SIZE(io_uring_sqe); SIZE(io_uring_cqe); SIZE(io_uring_params); SIZE(statx_t); SIZE(open_how); SIZE(iovec); SIZE(timespec64); SIZE(siginfo_t);
  AT(io_uring_sqe, opcode); AT(io_uring_sqe, flags); AT(io_uring_sqe, ioprio); AT(io_uring_sqe, fd); AT(io_uring_sqe, off);
  AT(io_uring_sqe, addr); AT(io_uring_sqe, len); AT(io_uring_sqe, rw_flags); AT(io_uring_sqe, user_data); AT(io_uring_sqe, buf_index);
  AT(io_uring_sqe, file_index); AT(io_uring_sqe, addr3);
  AT(io_uring_cqe, user_data); AT(io_uring_cqe, res); AT(io_uring_cqe, flags);
  AT(io_uring_params, sq_entries); AT(io_uring_params, cq_entries); AT(io_uring_params, flags); AT(io_uring_params, features);
  AT(io_uring_params, sq_off); AT(io_uring_params, cq_off);
  AT(io_sqring_offsets, head); AT(io_sqring_offsets, tail); AT(io_sqring_offsets, ring_mask); AT(io_sqring_offsets, flags);
  AT(io_sqring_offsets, dropped); AT(io_sqring_offsets, array);
  AT(io_cqring_offsets, head); AT(io_cqring_offsets, tail); AT(io_cqring_offsets, ring_mask); AT(io_cqring_offsets, overflow);
  AT(io_cqring_offsets, cqes);
  AT(statx_t, stx_mask); AT(statx_t, stx_blksize); AT(statx_t, stx_attributes); AT(statx_t, stx_nlink); AT(statx_t, stx_uid);
  AT(statx_t, stx_gid); AT(statx_t, stx_mode); AT(statx_t, stx_ino); AT(statx_t, stx_size); AT(statx_t, stx_blocks);
  AT(statx_t, stx_atime); AT(statx_t, stx_btime); AT(statx_t, stx_ctime); AT(statx_t, stx_mtime); AT(statx_t, stx_rdev_major);
  AT(statx_t, stx_rdev_minor); AT(statx_t, stx_dev_major); AT(statx_t, stx_dev_minor);
  AT(open_how, flags); AT(open_how, mode); AT(open_how, resolve);
  AT(iovec, iov_base); AT(iovec, iov_len); AT(timespec64, tv_sec); AT(timespec64, tv_nsec);
  AT(siginfo_t, si_signo); AT(siginfo_t, si_code); AT(siginfo_t, si_pid); AT(siginfo_t, si_uid); AT(siginfo_t, si_status);
  SIZE(msghdr); AT(msghdr, msg_name); AT(msghdr, msg_namelen); AT(msghdr, msg_iov); AT(msghdr, msg_iovlen); AT(msghdr, msg_control);
  AT(msghdr, msg_controllen); AT(msghdr, msg_flags);
#ifdef IORING_RECV_MULTISHOT
  SIZE(io_uring_recvmsg_out); AT(io_uring_recvmsg_out, namelen); AT(io_uring_recvmsg_out, controllen); AT(io_uring_recvmsg_out, payloadlen);
  AT(io_uring_recvmsg_out, flags); AT(io_uring_sqe, addr2); AT(io_uring_sqe, addr_len);
#endif
  SIZE(sockaddr_in); AT(sockaddr_in, sin_port); AT(sockaddr_in, sin_addr); SIZE(sockaddr_in6); AT(sockaddr_in6, sin6_port);
  AT(sockaddr_in6, sin6_flowinfo); AT(sockaddr_in6, sin6_addr); AT(sockaddr_in6, sin6_scope_id); AT(sockaddr_un, sun_path);
  SIZE(ta_pool_submission); AT(ta_pool_submission, number); AT(ta_pool_submission, slot); AT(ta_pool_submission, generation);
  AT(ta_pool_submission, lane); AT(ta_pool_submission, arguments);
  SIZE(ta_pool_control); AT(ta_pool_control, submission_tail); AT(ta_pool_control, completion_tail); AT(ta_pool_control, completion_head);
  AT(ta_pool_control, armed);
  SIZE(ta_pool_completion); AT(ta_pool_completion, slot); AT(ta_pool_completion, generation); AT(ta_pool_completion, result);
  SIZE(iocb); AT(iocb, aio_data); AT(iocb, aio_key); AT(iocb, aio_rw_flags); AT(iocb, aio_lio_opcode); AT(iocb, aio_reqprio);
  AT(iocb, aio_fildes); AT(iocb, aio_buf); AT(iocb, aio_nbytes); AT(iocb, aio_offset); AT(iocb, aio_flags); AT(iocb, aio_resfd);
  SIZE(io_event); AT(io_event, data); AT(io_event, obj); AT(io_event, res); AT(io_event, res2);
  SIZE(ta_aio_ring); AT(ta_aio_ring, count); AT(ta_aio_ring, head); AT(ta_aio_ring, tail);
  AT(ta_aio_control, first); AT(ta_aio_control, count); AT(ta_aio_control, answer);
  ok = ok && ta_set_number(env, table, "TA_AIO_CONTROL_BYTES", TA_AIO_CONTROL_BYTES) && ta_set_number(env, table, "TA_AIO_EVENTS", TA_AIO_EVENTS) &&
       ta_set_number(env, table, "TA_FILE_READS", TA_FILE_READS) && ta_set_number(env, table, "TA_FILE_WRITES", TA_FILE_WRITES) &&
       ta_set_number(env, table, "TA_FILE_STORED", TA_FILE_STORED) && ta_set_number(env, table, "TA_FILE_DIRECT", TA_FILE_DIRECT) &&
       ta_set_number(env, table, "TA_FILE_STREAM", TA_FILE_STREAM) && ta_set_number(env, table, "TA_FILE_ONE_QUEUE", TA_FILE_ONE_QUEUE);
  ok = ok && ta_set_number(env, table, "TA_FACT_POSITION", TA_FACT_POSITION) && ta_set_number(env, table, "TA_FACT_RING", TA_FACT_RING) &&
       ta_set_number(env, table, "TA_FACT_CACHED", TA_FACT_CACHED) && ta_set_number(env, table, "TA_FACT_NON_BLOCKING", TA_FACT_NON_BLOCKING) &&
       ta_set_number(env, table, "TA_FACT_BUFFERED", TA_FACT_BUFFERED) && ta_set_number(env, table, "TA_FACT_INODE", TA_FACT_INODE);
  SIZE(ta_program); SIZE(ta_program_step); AT(ta_program, count); AT(ta_program, steps_max); AT(ta_program, made); AT(ta_program, last);
  AT(ta_program, ended); AT(ta_program_step, number); AT(ta_program_step, on_negative); AT(ta_program_step, on_zero);
  AT(ta_program_step, on_positive); AT(ta_program_step, kinds); AT(ta_program_step, compared); AT(ta_program_step, sources); AT(ta_program_step, runs);
  AT(ta_program_step, arguments); AT(ta_program_step, result); AT(ta_program_step, total);
  SIZE(ta_list); SIZE(ta_list_item); AT(ta_list, count); AT(ta_list, next); AT(ta_list, paths_at); AT(ta_list, data_at); AT(ta_list, length);
  AT(ta_list, used); AT(ta_list, waits); AT(ta_list, at_once); AT(ta_list_item, result); AT(ta_list_item, fd); AT(ta_list_item, step); AT(ta_list_item, argument);
  AT(ta_list_item, mode); AT(ta_list_item, at); AT(ta_list_item, length);
  SIZE(ta_move); AT(ta_move, from); AT(ta_move, to); AT(ta_move, from_at); AT(ta_move, to_at); AT(ta_move, length); AT(ta_move, moved);
  AT(ta_move, digest); AT(ta_move, nanoseconds); AT(ta_move, way); AT(ta_move, memory_at); AT(ta_move, piece); AT(ta_move, held_at); AT(ta_move, held);
  AT(ta_move, is_digested); AT(ta_move, trip_bytes); AT(ta_move, wait_milliseconds); AT(ta_move, step); AT(ta_move, has_ended);
  AT(ta_move, error); AT(ta_move, told_step);
  if (!ok) return ta_fail(env, __FILE__, __LINE__);
  TA_TRY(env, napi_set_named_property(env, exports, "layout", table));
  return exports;
}
#else
napi_value ta_layout_init(napi_env env, napi_value exports) { (void)env; return exports; }
#endif
