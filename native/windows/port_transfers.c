// ⑥ native — Windows: transfers on the completion port. A descriptor of Node's has a handle for blocking calls, which no port takes; so the
// port has the same file opened once more, overlapped, at its first transfer at an offset. Such a transfer moves no position, and
// needs none, where libuv's blocking one moves the descriptor's and puts it back.
#include "port.h"
#include <stdlib.h>
#include <string.h>
#include <winternl.h>

// All ports of the process: whoever closes a descriptor tells every one of them.
static SRWLOCK process_lock = SRWLOCK_INIT;
static ta_port* first_port;

typedef BOOL(WINAPI* compare_handles)(HANDLE, HANDLE);
typedef ULONG(NTAPI* to_win32)(NTSTATUS);
typedef NTSTATUS(NTAPI* query_file)(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, ULONG);
static compare_handles same_object;
static to_win32 win32_of;
static query_file query;

void ta_port_join_process(ta_port* p) {
  AcquireSRWLockExclusive(&process_lock);
  if (win32_of == NULL) {
    // Since Windows 10; where it is missing nothing is opened again.
    same_object = (compare_handles)(void*)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    query = (query_file)(void*)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationFile");
    win32_of = (to_win32)(void*)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlNtStatusToDosError");
  }
  p->next = first_port;
  first_port = p;
  ReleaseSRWLockExclusive(&process_lock);
}

void ta_port_leave_process(ta_port* p) {
  AcquireSRWLockExclusive(&process_lock);
  for (ta_port** at = &first_port; *at != NULL; at = &(*at)->next) {
    if (*at != p) continue;
    *at = p->next;
    break;
  }
  ReleaseSRWLockExclusive(&process_lock);
}

// Under the lock of the files.
static void let_go(port_file* file) {
  if (!file->pipe && file->overlapped != NULL) CloseHandle(file->overlapped);
  if (file->original != NULL) CloseHandle(file->original);
  memset(file, 0, sizeof *file);
}

static port_file* file_at(ta_port* p, int32_t fd, bool grow) {
  if (fd < 0) return NULL;
  if (fd < p->files_length) return &p->files[fd];
  if (!grow) return NULL;
  int32_t length = p->files_length == 0 ? 64 : p->files_length;
  while (length <= fd) length *= 2;
  port_file* files = realloc(p->files, (size_t)length * sizeof *files);
  if (files == NULL) return NULL;
  memset(files + p->files_length, 0, (size_t)(length - p->files_length) * sizeof *files);
  p->files = files;
  p->files_length = length;
  return &files[fd];
}

// What is opened again would not be the same: appending goes to the end whatever the offset, and these have a meaning at their close.
#define NOT_AGAIN (UV_FS_O_APPEND | UV_FS_O_TEMPORARY | UV_FS_O_EXLOCK | UV_FS_O_FILEMAP)

void ta_port_opened(ta_port* p, int32_t fd, int32_t flags) {
  AcquireSRWLockExclusive(&p->files_lock);
  port_file* file = file_at(p, fd, true);
  if (file != NULL) {
    let_go(file);
    file->own = (flags & NOT_AGAIN) == 0 && same_object != NULL && query != NULL;
  }
  ReleaseSRWLockExclusive(&p->files_lock);
}

void ta_port_forget(int32_t fd) {
  AcquireSRWLockShared(&process_lock);
  for (ta_port* p = first_port; p != NULL; p = p->next) {
    AcquireSRWLockExclusive(&p->files_lock);
    port_file* file = file_at(p, fd, false);
    if (file != NULL) let_go(file);
    ReleaseSRWLockExclusive(&p->files_lock);
  }
  ReleaseSRWLockShared(&process_lock);
}

void ta_port_forget_all(ta_port* p) {
  AcquireSRWLockExclusive(&p->files_lock);
  for (int32_t fd = 0; fd < p->files_length; fd++) let_go(&p->files[fd]);
  ReleaseSRWLockExclusive(&p->files_lock);
}

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
  AcquireSRWLockExclusive(&p->files_lock);
  port_file* file = file_at(p, fd, true);
  if (file != NULL) {
    let_go(file);
    file->own = file->pipe = true;
    file->overlapped = handle;
  }
  ReleaseSRWLockExclusive(&p->files_lock);
  if (file != NULL) return fd;
  uv_fs_t request;
  uv_fs_close(NULL, &request, fd, NULL);
  return UV_ENOMEM;
}

#define FILE_ACCESS_INFORMATION_CLASS 8
#define FILE_MODE_INFORMATION_CLASS 16
#define SYNCHRONOUS_MODES (0x10 | 0x20)  // FILE_SYNCHRONOUS_IO_ALERT, FILE_SYNCHRONOUS_IO_NONALERT
#define NO_BUFFERING_MODE 0x8            // FILE_NO_INTERMEDIATE_BUFFERING
#define WRITE_THROUGH_MODE 0x2           // FILE_WRITE_THROUGH

static bool ask(HANDLE handle, ULONG what, ULONG* answer) {
  IO_STATUS_BLOCK status;
  return query(handle, &status, answer, sizeof *answer, what) >= 0;
}

// Opens the file that the descriptor stands for now once more, with the rights it has there.
static bool open_again(ta_port* p, port_file* file, HANDLE handle) {
  ULONG access, mode;
  BY_HANDLE_FILE_INFORMATION information;
  HANDLE self = GetCurrentProcess();
  if (GetFileType(handle) != FILE_TYPE_DISK || !ask(handle, FILE_ACCESS_INFORMATION_CLASS, &access) || !ask(handle, FILE_MODE_INFORMATION_CLASS, &mode) ||
      !GetFileInformationByHandle(handle, &information) || (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return false;
  }
  DWORD flags = FILE_FLAG_OVERLAPPED | ((mode & NO_BUFFERING_MODE) != 0 ? FILE_FLAG_NO_BUFFERING : 0) | ((mode & WRITE_THROUGH_MODE) != 0 ? FILE_FLAG_WRITE_THROUGH : 0);
  HANDLE again = ReOpenFile(handle, access, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, flags);
  if (again == INVALID_HANDLE_VALUE) return false;
  if (CreateIoCompletionPort(again, p->port, 0, 0) == NULL ||
      !DuplicateHandle(self, handle, self, &file->original, 0, FALSE, DUPLICATE_SAME_ACCESS)) {
    CloseHandle(again);
    return false;
  }
  file->overlapped = again;
  return true;
}

// Under the lock of the files, exclusively. The handle for a transfer of this descriptor; NULL: a blocking call is to make it.
static HANDLE handle_for(ta_port* p, int32_t fd, bool positioned, bool* is_pipe) {
  port_file* file = file_at(p, fd, false);
  if (file == NULL || !file->own || file->refused) return NULL;
  HANDLE handle = uv_get_osfhandle(fd);
  ULONG mode;
  *is_pipe = file->pipe;
  if (file->pipe) {
    // Somebody else closed it, if its number is another's now.
    if (handle == file->overlapped && GetFileType(handle) == FILE_TYPE_PIPE && ask(handle, FILE_MODE_INFORMATION_CLASS, &mode) && (mode & SYNCHRONOUS_MODES) == 0) return handle;
    memset(file, 0, sizeof *file);
    return NULL;
  }
  if (!positioned) return NULL;
  if (file->overlapped == NULL) {
    if (handle == INVALID_HANDLE_VALUE) return NULL;
    if (!open_again(p, file, handle)) file->refused = true;
    return file->refused ? NULL : file->overlapped;
  }
  if (handle != INVALID_HANDLE_VALUE && same_object(handle, file->original)) return file->overlapped;
  let_go(file);
  return NULL;
}

int ta_port_way(ta_port* p, int32_t fd) {
  AcquireSRWLockExclusive(&p->files_lock);
  const port_file* file = file_at(p, fd, false);
  int way = file == NULL || !file->own ? TA_WAY_FOREIGN : file->pipe ? TA_WAY_PIPE : file->refused ? TA_WAY_REFUSED
            : TA_WAY_PORT;
  ReleaseSRWLockExclusive(&p->files_lock);
  return way;
}

bool ta_port_is_transfer(const ta_pool_submission* record) { return record->number == TA_READ || record->number == TA_WRITE; }

// libuv's own translation, with what it makes of these for reads and for writes.
static int64_t result_of_error(DWORD error, bool reads) {
  if (reads && (error == ERROR_HANDLE_EOF || error == ERROR_BROKEN_PIPE)) return 0;
  if (!reads && (error == ERROR_NO_DATA || error == ERROR_BROKEN_PIPE)) return UV_EPIPE;
  return uv_translate_sys_error((int)(error == ERROR_ACCESS_DENIED ? ERROR_INVALID_FLAGS : error));  // it is not open for that: EBADF
}

int64_t ta_port_result(const OVERLAPPED* overlapped, bool reads) {
  NTSTATUS status = (NTSTATUS)overlapped->Internal;
  DWORD error = status >= 0 ? ERROR_SUCCESS : win32_of(status);
  // More data: a message is longer than the buffer, and its rest comes next.
  return error == ERROR_SUCCESS || error == ERROR_MORE_DATA ? (int64_t)overlapped->InternalHigh : result_of_error(error, reads);
}

// The port's own open file, if it is there and the descriptor still stands for that file: looked up by many threads at once.
static HANDLE known_handle(ta_port* p, int32_t fd) {
  HANDLE found = NULL;
  AcquireSRWLockShared(&p->files_lock);
  const port_file* file = file_at(p, fd, false);
  if (file != NULL && !file->pipe && file->overlapped != NULL) {
    HANDLE handle = uv_get_osfhandle(fd);
    if (handle != INVALID_HANDLE_VALUE && same_object(handle, file->original)) found = file->overlapped;
  }
  ReleaseSRWLockShared(&p->files_lock);
  return found;
}

static HANDLE find_handle(ta_port* p, int32_t fd, bool positioned, bool* is_pipe) {
  HANDLE handle = positioned ? known_handle(p, fd) : NULL;
  if (handle != NULL) return handle;
  AcquireSRWLockExclusive(&p->files_lock);
  handle = handle_for(p, fd, positioned, is_pipe);
  ReleaseSRWLockExclusive(&p->files_lock);
  return handle;
}

bool ta_port_transfer(ta_port* p, port_slot* slot) {
  const ta_pool_submission* record = &slot->record;
  int32_t fd = (int32_t)record->arguments[0];
  void* data = (void*)(uintptr_t)record->arguments[1];
  DWORD length = (DWORD)record->arguments[2];
  int64_t offset = (int64_t)record->arguments[3];
  bool is_pipe = false, reads = record->number == TA_READ;
  if (length == 0) return false;
  HANDLE handle = find_handle(p, fd, offset >= 0, &is_pipe);
  if (handle == NULL) return false;
  if (is_pipe && offset >= 0) {
    ta_port_complete(p, slot, UV_ESPIPE);
    return true;
  }
  memset(&slot->overlapped, 0, sizeof slot->overlapped);
  if (offset >= 0) {
    slot->overlapped.Offset = (DWORD)offset;
    slot->overlapped.OffsetHigh = (DWORD)(offset >> 32);
  }
  AcquireSRWLockExclusive(&p->lock);
  slot->state = SLOT_ON_PORT;
  slot->handle = handle;
  slot->file = !is_pipe;
  p->on_port++;
  ReleaseSRWLockExclusive(&p->lock);
  // The call may block and holds no lock. A close of the file meanwhile is the submitter's mistake, and is answered.
  BOOL done = reads ? ReadFile(handle, data, length, NULL, &slot->overlapped) : WriteFile(handle, data, length, NULL, &slot->overlapped);
  DWORD error = done ? ERROR_SUCCESS : GetLastError();
  // A success has its packet as well.
  if (done || error == ERROR_IO_PENDING || (is_pipe && error == ERROR_MORE_DATA)) return true;
  AcquireSRWLockExclusive(&p->lock);
  p->on_port--;
  slot->state = SLOT_RUNNING;
  ReleaseSRWLockExclusive(&p->lock);
  ta_port_complete(p, slot, result_of_error(error, reads));
  return true;
}
