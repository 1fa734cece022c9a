// ⑥ native — Windows: one completion port and the threads beside it, between their parts: threads (port_threads.c), calls of names and
// attributes (port_calls.c), transfers on the port (port_transfers.c) and the face for JavaScript (port.c). Records, completions and their
// rings are the pool's (../pool.h).
#ifndef TRUEAIO_PORT_H
#define TRUEAIO_PORT_H
#define WIN32_LEAN_AND_MEAN
#include "../trueaio.h"
#include "../pool.h"
#include <windows.h>

// Numbers of a record; src/driver/iocp/calls.ts has the same.
enum {
  TA_READ = 1, TA_WRITE, TA_READV, TA_WRITEV, TA_OPEN, TA_CLOSE, TA_FSYNC, TA_FDATASYNC, TA_FTRUNCATE, TA_TRUNCATE, TA_STAT, TA_LSTAT, TA_FSTAT,
  TA_RENAME, TA_UNLINK, TA_RMDIR, TA_MKDIR, TA_SYMLINK, TA_LINK, TA_READLINK, TA_ACCESS, TA_CHMOD, TA_FCHMOD, TA_CHOWN, TA_LCHOWN, TA_FCHOWN,
  TA_UTIMES, TA_LUTIMES, TA_FUTIMES
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
  bool file;        // on the port: of a file, whose transfer a cancel hardly ever stops
  bool stopped;     // on the port: the system has been asked to end it, and will
} port_slot;

// The port's own open file behind a descriptor that the engine has opened. All under the lock of the files.
typedef struct {
  bool own;            // the engine opened it and has not closed it
  bool pipe;           // the descriptor's handle is overlapped itself
  bool refused;        // it cannot be opened again
  HANDLE original;     // a duplicate of the descriptor's handle, to know it by; NULL: none
  HANDLE overlapped;   // the file, opened once more; NULL: not yet
} port_file;

typedef struct {
  int32_t first, last, waiting;  // records that wait for a thread
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
  bool ended;  // nobody is to be woken any more

  SRWLOCK files_lock;
  port_file* files;  // by descriptor
  int32_t files_length;
  ta_port* next;  // of the process
};

// port_threads.c
bool ta_port_start(ta_port* port);
void ta_port_distribute(ta_port* port);
// 0: taken back; 1: its end was asked for and will come; 2: it cannot be stopped; 3: ask again soon; -1: not there
int ta_port_cancel(ta_port* port, int32_t slot, int32_t generation);
// False: some did not end in `milliseconds`; they then still use the port's memory.
bool ta_port_stop(ta_port* port, DWORD milliseconds);
void ta_port_complete(ta_port* port, port_slot* slot, int64_t result);

// port_calls.c: a record's result by a blocking call.
int64_t ta_port_call(ta_port* port, const ta_pool_submission* record);

// port_transfers.c. True: the record is on the port, or has been completed.
bool ta_port_transfer(ta_port* port, port_slot* slot);
bool ta_port_is_transfer(const ta_pool_submission* record);
int64_t ta_port_open_pipe(ta_port* port, const char* path, int32_t flags);
void ta_port_opened(ta_port* port, int32_t fd, int32_t flags);
// Before a descriptor is closed: no port has anything of it from here on.
void ta_port_forget(int32_t fd);
void ta_port_forget_all(ta_port* port);
// How a transfer of this descriptor at an offset would be made now: TA_WAY_*.
enum { TA_WAY_FOREIGN, TA_WAY_PIPE, TA_WAY_PORT, TA_WAY_REFUSED };
int ta_port_way(ta_port* port, int32_t fd);
int64_t ta_port_result(const OVERLAPPED* overlapped, bool reads);
void ta_port_join_process(ta_port* port);
void ta_port_leave_process(ta_port* port);

// wake.c: any thread may send. Closes itself before the environment's loop ends.
ta_wake* ta_wake_open(napi_env env, napi_value owner, napi_value callback);
void ta_wake_send(ta_wake* wake);
void ta_wake_close(ta_wake* wake, void (*done)(void*), void* argument);
#endif
