// ⑥ native — transfers. Of pipes, and of files without buffering, on the completion port: overlapped. Of buffered files by a blocking call of an open file of
// the driver's own, which moves no position that anybody uses. What neither can make goes to libuv (port_calls.c).
#include "port.h"
#include <stdlib.h>
#include <string.h>

// A longer transfer has a thread for itself.
#define QUICK_BYTES_MAX 65536

static wchar_t* wide(const char* path) {
  int length = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
  wchar_t* text = length > 0 ? malloc((size_t)length * sizeof *text) : NULL;
  if (text != NULL) MultiByteToWideChar(CP_UTF8, 0, path, -1, text, length);
  return text;
}

// A pipe's two directions are one open file, whose blocking calls wait for each other; so it is opened overlapped from the start.
int64_t ta_port_open_pipe(ta_port* p, const char* path, int32_t flags) {
  wchar_t* name = wide(path);
  if (name == NULL) return UV_ENOMEM;
  int32_t mode = flags & (UV_FS_O_RDONLY | UV_FS_O_WRONLY | UV_FS_O_RDWR);
  DWORD access = mode == UV_FS_O_RDWR ? GENERIC_READ | GENERIC_WRITE : mode == UV_FS_O_WRONLY ? GENERIC_WRITE | FILE_READ_ATTRIBUTES : GENERIC_READ | FILE_WRITE_ATTRIBUTES;
  HANDLE handle = CreateFileW(name, access, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING, FILE_FLAG_OVERLAPPED, NULL);
  DWORD error = GetLastError();
  free(name);
  if (handle == INVALID_HANDLE_VALUE) return uv_translate_sys_error((int)error);
  if (GetFileType(handle) != FILE_TYPE_PIPE || CreateIoCompletionPort(handle, p->port, 0, 0) == NULL) {
    error = GetLastError();
    CloseHandle(handle);
    return error == 0 ? UV_EINVAL : uv_translate_sys_error((int)error);
  }
  int fd = uv_open_osfhandle(handle);
  if (fd < 0) {
    CloseHandle(handle);
    return UV_EMFILE;
  }
  if (ta_port_opened_pipe(p, fd, handle)) return fd;
  uv_fs_t request;
  uv_fs_close(NULL, &request, fd, NULL);
  return UV_ENOMEM;
}

// libuv's own translation, with what it makes of these for reads and for writes.
static int64_t result_of_error(DWORD error, bool reads) {
  if (reads && (error == ERROR_HANDLE_EOF || error == ERROR_BROKEN_PIPE)) return 0;
  if (!reads && (error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE)) return UV_EPIPE;
  return uv_translate_sys_error((int)(error == ERROR_ACCESS_DENIED ? ERROR_INVALID_FLAGS : error));  // it is not open for that: EBADF
}

int64_t ta_port_result(const OVERLAPPED* overlapped, bool reads) {
  NTSTATUS status = (NTSTATUS)overlapped->Internal;
  DWORD error = status >= 0 ? ERROR_SUCCESS : ta_port_win32_error(status);
  // More data: a message is longer than the buffer, and its rest comes next.
  return error == ERROR_SUCCESS || error == ERROR_MORE_DATA ? (int64_t)overlapped->InternalHigh : result_of_error(error, reads);
}

bool ta_port_is_transfer(const ta_pool_submission* record) { return record->number == TA_READ || record->number == TA_WRITE; }

bool ta_port_is_quick(const ta_pool_submission* record) {
  return ta_port_is_transfer(record) && record->lane == TA_LANE_ENDS && (int64_t)record->arguments[3] >= 0 && record->arguments[2] <= QUICK_BYTES_MAX;
}

static void set_offset(OVERLAPPED* overlapped, int64_t offset) {
  memset(overlapped, 0, sizeof *overlapped);
  if (offset < 0) return;
  overlapped->Offset = (DWORD)offset;
  overlapped->OffsetHigh = (DWORD)(offset >> 32);
}

static BOOL transfer(HANDLE handle, const ta_pool_submission* record, DWORD* count, OVERLAPPED* overlapped) {
  void* data = (void*)(uintptr_t)record->arguments[1];
  DWORD length = (DWORD)record->arguments[2];
  return record->number == TA_READ ? ReadFile(handle, data, length, count, overlapped) : WriteFile(handle, data, length, count, overlapped);
}

// NtReadFile and NtWriteFile: what ReadFile and WriteFile call. With an offset these take an OVERLAPPED, whose packet the system looks for a port for.
static int64_t transfer_here(HANDLE handle, const ta_pool_submission* record) {
  bool reads = record->number == TA_READ;
  IO_STATUS_BLOCK block = {0};
  LARGE_INTEGER offset = {.QuadPart = (int64_t)record->arguments[3]};
  NTSTATUS status = (reads ? ta_port_read_file : ta_port_write_file)(handle, NULL, NULL, NULL, &block, (void*)(uintptr_t)record->arguments[1], (ULONG)record->arguments[2], &offset, NULL);
  return status >= 0 ? (int64_t)block.Information : result_of_error(ta_port_win32_error(status), reads);
}

void ta_port_put_on_port(ta_port* p, port_slot* slot, HANDLE handle, port_again* again, void* extra) {
  AcquireSRWLockExclusive(&p->lock);
  slot->state = SLOT_ON_PORT;
  slot->handle = handle;
  slot->again = again;
  slot->extra = extra;
  p->on_port++;
  ReleaseSRWLockExclusive(&p->lock);
}

void ta_port_take_off_port(ta_port* p, port_slot* slot) {
  AcquireSRWLockExclusive(&p->lock);
  p->on_port--;
  slot->state = SLOT_RUNNING;
  slot->again = NULL;
  slot->extra = NULL;
  ReleaseSRWLockExclusive(&p->lock);
}

static ta_port_answer transfer_on_port(ta_port* p, port_slot* slot, HANDLE handle, port_again* again, int64_t* result) {
  set_offset(&slot->overlapped, (int64_t)slot->record.arguments[3]);
  ta_port_put_on_port(p, slot, handle, again, NULL);
  // The call may block and holds no lock. A success has its packet as well.
  BOOL done = transfer(handle, &slot->record, NULL, &slot->overlapped);
  DWORD error = done ? ERROR_SUCCESS : GetLastError();
  if (done || error == ERROR_IO_PENDING || (again == NULL && error == ERROR_MORE_DATA)) return TA_ON_PORT;
  ta_port_take_off_port(p, slot);
  *result = result_of_error(error, slot->record.number == TA_READ);
  return TA_DONE;
}

static ta_port_answer transfer_of_pipe(ta_port* p, port_slot* slot, int64_t* result) {
  HANDLE pipe = ta_port_pipe(p, (int32_t)slot->record.arguments[0]);
  if (pipe == NULL) return TA_NOT_HERE;
  if ((int64_t)slot->record.arguments[3] < 0) return transfer_on_port(p, slot, pipe, NULL, result);
  *result = UV_ESPIPE;
  return TA_DONE;
}

void ta_port_run_end(port_run* run) {
  if (run->again != NULL) ta_port_leave(run->again, run->place);
  run->again = NULL;
  run->fd = -1;
}

// The file of a descriptor is looked up once for the records that a thread has taken together: all were submitted before.
static void run_on(ta_port* p, port_run* run, int32_t fd) {
  if (run->fd == fd) return;
  ta_port_run_end(run);
  run->fd = fd;
  run->again = ta_port_again(p, fd);
  run->place = TA_BLOCKING_MAX;
  if (run->again != NULL && run->again->overlapped == NULL) run->handle = ta_port_enter(run->again, &run->place);
}

ta_port_answer ta_port_transfer(ta_port* p, port_slot* slot, port_run* run, int64_t* result) {
  if (slot->record.arguments[2] == 0) return TA_NOT_HERE;
  if ((int64_t)slot->record.arguments[3] < 0) return transfer_of_pipe(p, slot, result);
  run_on(p, run, (int32_t)slot->record.arguments[0]);
  if (run->again == NULL) return transfer_of_pipe(p, slot, result);
  if (run->again->overlapped != NULL) {
    InterlockedIncrement(&run->again->users);
    ta_port_answer answer = transfer_on_port(p, slot, run->again->overlapped, run->again, result);
    if (answer == TA_DONE) ta_port_leave(run->again, TA_BLOCKING_MAX);
    return answer;
  }
  *result = transfer_here(run->handle, &slot->record);
  return TA_DONE;
}
