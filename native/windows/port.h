// ⑥ native — Windows: one completion port and the threads beside it, between their parts: threads (port_threads.c), calls of names and
// attributes (port_calls.c), transfers (port_transfers.c), open files (port_files.c) and the face for JavaScript (port.c). Records, completions and their
// rings are the pool's (../pool.h).
#ifndef TRUEAIO_PORT_H
#define TRUEAIO_PORT_H
#define WIN32_LEAN_AND_MEAN
#include "../trueaio.h"
#include "../pool.h"
#include <winsock2.h>
#include <windows.h>
#include <winternl.h>

// Numbers of a record; src/driver/iocp/calls.ts has the same.
enum {
  TA_READ = 1, TA_WRITE, TA_READV, TA_WRITEV, TA_OPEN, TA_CLOSE, TA_FSYNC, TA_FDATASYNC, TA_FTRUNCATE, TA_TRUNCATE, TA_STAT, TA_LSTAT, TA_FSTAT,
  TA_RENAME, TA_UNLINK, TA_RMDIR, TA_MKDIR, TA_SYMLINK, TA_LINK, TA_READLINK, TA_ACCESS, TA_CHMOD, TA_FCHMOD, TA_CHOWN, TA_LCHOWN, TA_FCHOWN,
  TA_UTIMES, TA_LUTIMES, TA_FUTIMES,
  TA_SOCKET, TA_BIND, TA_LISTEN, TA_CONNECT, TA_ACCEPT, TA_SEND, TA_RECV, TA_SENDMSG, TA_RECVMSG, TA_SHUTDOWN, TA_GETSOCKOPT, TA_SETSOCKOPT, TA_GETSOCKNAME, TA_GETPEERNAME
};

// Lanes of a record: what ends by itself, and what may wait for ever for somebody.
#define TA_LANE_ENDS 0
#define TA_LANE_WAITS 1
#define TA_LANES 2

typedef enum { SLOT_FREE, SLOT_QUEUED, SLOT_RUNNING, SLOT_ON_PORT } slot_state;

// By slot of the in-flight table. Its place never changes: the system holds the address of its OVERLAPPED until the packet comes.
typedef struct {
  OVERLAPPED overlapped;  // the first member: a packet's address is the slot's
  ta_pool_submission record;
  slot_state state;
  int32_t next;     // in its lane's queue; -1: none
  HANDLE handle;    // on the port: of which file
  HANDLE thread;    // running: by which thread
  struct port_again* again;  // on the port: of which file, whose transfer a cancel hardly ever stops; NULL: of a pipe
  void* extra;      // on the port: what a socket's call writes to
  bool stopped;     // on the port: the system has been asked to end it, and will
  bool refused;     // a thread has it: nobody wants it any more, unless it has begun
} port_slot;

// How many threads may be in one buffered file at once.
#define TA_BLOCKING_MAX 8

// The file behind a descriptor, opened once more. It is closed by its last user.
typedef struct port_again {
  volatile LONG users;  // the table, and each transfer
  ULONG access;
  DWORD flags;
  HANDLE original;    // a duplicate of the descriptor's handle, to know it by
  HANDLE overlapped;  // on the port, without buffering; NULL: buffered
  volatile LONG busy;  // by bit: which of these a thread is in
  HANDLE blocking[TA_BLOCKING_MAX];
} port_again;

// What the port knows of a descriptor that the engine has opened. All under the lock of the files.
typedef struct {
  bool own;            // the engine opened it and has not closed it
  bool unbuffered;     // it was opened with O_DIRECT
  bool refused;        // it cannot be opened again
  HANDLE pipe;         // the descriptor's own handle, which is overlapped itself; NULL: no pipe
  port_again* again;   // NULL: not yet
} port_file;

// What a thread keeps from one transfer to the next of those that it has taken together. `fd` is -1 at first.
typedef struct {
  int32_t fd;
  port_again* again;  // NULL: libuv makes its transfers
  HANDLE handle;      // buffered: which open file, and its place
  int place;
} port_run;

typedef enum { TA_NOT_HERE, TA_DONE, TA_ON_PORT } ta_port_answer;

typedef struct {
  int32_t first, last, waiting;  // records that wait for a thread
  int32_t quick;                 // of these, transfers that a thread takes many of at once
  int32_t apart;                 // so many times they are taken one by one: the last ones waited for a device
  int32_t idle, starting, live, live_max;
  CONDITION_VARIABLE work;
} port_lane;

typedef struct ta_wake ta_wake;

typedef struct ta_port ta_port;
struct ta_port {
  ta_pool_control* control;
  ta_pool_submission* submissions;
  ta_pool_completion* completions;
  size_t shared_length;
  uint32_t submission_mask, completion_mask, submission_head;

  SRWLOCK lock;
  CONDITION_VARIABLE left;  // a thread has ended
  port_slot** chunks;
  int32_t chunks_length;
  port_lane lanes[TA_LANES];
  int32_t on_port;
  bool stopping;

  HANDLE port;
  HANDLE waiter;
  HANDLE notified;  // an event: completions are there, for who blocks
  ta_wake* wake;
  bool blocks;  // JavaScript's thread waits for `notified`
  SRWLOCK wake_lock;
  bool ended;  // nobody is to be woken any more

  SRWLOCK files_lock;
  port_file* files;  // by descriptor
  int32_t files_length;
  ta_port* next;  // of the process
};

// port_lanes.c: what waits for a thread. All under the lock.
#define TA_NONE (-1)
#define TA_CHUNK 1024
// A thread takes so many quick transfers at once, and completes them together: one wake-up.
#define TA_TOGETHER_MAX 16
port_slot* ta_port_slot(ta_port* port, int32_t index);  // NULL: it was never used
port_slot* ta_port_prepare(ta_port* port, const ta_pool_submission* record);  // NULL: no memory
void ta_lane_add(ta_port* port, port_slot* slot);
void ta_lane_remove(ta_port* port, const port_slot* slot);
// The next records of a lane for a thread: one, or some quick ones.
int32_t ta_lane_take(ta_port* port, port_lane* lane, HANDLE thread, port_slot** taken);
// What a thread has taken and not begun is anybody's again, before all others.
void ta_lane_give_back(port_lane* lane, port_slot** slots, int32_t length);
int32_t ta_lane_wanted(const port_lane* lane);  // how many threads what waits is for

// port_threads.c
bool ta_port_start(ta_port* port);
void ta_port_distribute(ta_port* port);
// 0: withdrawn; 1: its end was asked for and will come; 2: it cannot be stopped; 3: ask again soon; -1: not there
int ta_port_cancel(ta_port* port, int32_t slot, int32_t generation);
// False: some did not end in `milliseconds`; they then still use the port's memory.
bool ta_port_stop(ta_port* port, DWORD milliseconds);

// port_calls.c: a record's result by a blocking call.
int64_t ta_port_call(ta_port* port, const ta_pool_submission* record);

// port_transfers.c. TA_ON_PORT: its packet will come; TA_NOT_HERE: libuv is to make it.
ta_port_answer ta_port_transfer(ta_port* port, port_slot* slot, port_run* run, int64_t* result);
void ta_port_run_end(port_run* run);
// Before and after a call that was not taken: the slot's packet is the port's.
void ta_port_put_on_port(ta_port* port, port_slot* slot, HANDLE handle, port_again* again, void* extra);
void ta_port_take_off_port(ta_port* port, port_slot* slot);
bool ta_port_is_transfer(const ta_pool_submission* record);
// It mostly takes some microseconds.
bool ta_port_is_quick(const ta_pool_submission* record);
int64_t ta_port_result(const OVERLAPPED* overlapped, bool reads);
int64_t ta_port_open_pipe(ta_port* port, const char* path, int32_t flags);

// port_files.c
void ta_port_opened(ta_port* port, int32_t fd, int32_t flags);
// Before a descriptor is closed: no port has anything of it from here on.
void ta_port_forget(int32_t fd);
void ta_port_forget_all(ta_port* port);
bool ta_port_opened_pipe(ta_port* port, int32_t fd, HANDLE handle);
// NULL: it is no pipe that this port has opened.
HANDLE ta_port_pipe(ta_port* port, int32_t fd);
// The file that the descriptor stands for now, with one user more; NULL: it is not opened once more.
port_again* ta_port_again(ta_port* port, int32_t fd);
// An open file for blocking calls, for this thread alone where there are enough.
HANDLE ta_port_enter(port_again* again, int* place);
void ta_port_leave(port_again* again, int place);
DWORD ta_port_win32_error(LONG status);
typedef NTSTATUS(NTAPI* ta_port_nt_transfer)(HANDLE, HANDLE, PIO_APC_ROUTINE, void*, IO_STATUS_BLOCK*, void*, ULONG, LARGE_INTEGER*, ULONG*);
extern ta_port_nt_transfer ta_port_read_file, ta_port_write_file;
// How a transfer of this descriptor at an offset would be made now: TA_WAY_*.
enum { TA_WAY_FOREIGN, TA_WAY_PIPE, TA_WAY_PORT, TA_WAY_REFUSED, TA_WAY_BUFFERED };
int ta_port_way(ta_port* port, int32_t fd);
void ta_port_join_process(ta_port* port);
void ta_port_leave_process(ta_port* port);

// wake.c: any thread may send. Closes itself before the environment's loop ends.
ta_wake* ta_wake_open(napi_env env, napi_value owner, napi_value callback);
void ta_wake_send(ta_wake* wake);
void ta_wake_close(ta_wake* wake, void (*done)(void*), void* argument);
#endif
