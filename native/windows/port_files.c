// ⑥ native — the driver's own open files behind descriptors of Node's. Such a descriptor's handle is for blocking calls at one position: no port takes it,
// and a transfer at an offset moves the position for a moment. So the file is opened once more at its first transfer at an offset: overlapped, on the port,
// if it is not buffered; else for blocking calls, which the system answers from its cache.
#include "port.h"
#include <stdlib.h>
#include <string.h>

// All ports of the process: a close of a descriptor is reported to every one of them.
static SRWLOCK process_lock = SRWLOCK_INIT;
static ta_port* first_port;

typedef BOOL(WINAPI* compare_handles)(HANDLE, HANDLE);
typedef NTSTATUS(NTAPI* query_file)(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, ULONG);
static compare_handles same_object;
static query_file query;
typedef ULONG(NTAPI* to_win32)(NTSTATUS);
static to_win32 win32_of;
ta_port_nt_transfer ta_port_read_file, ta_port_write_file;

void ta_port_join_process(ta_port* p) {
  AcquireSRWLockExclusive(&process_lock);
  if (query == NULL) {
    // Since Windows 10; where it is missing nothing is opened again.
    same_object = (compare_handles)(void*)GetProcAddress(GetModuleHandleA("kernelbase.dll"), "CompareObjectHandles");
    win32_of = (to_win32)(void*)GetProcAddress(GetModuleHandleA("ntdll.dll"), "RtlNtStatusToDosError");
    ta_port_read_file = (ta_port_nt_transfer)(void*)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtReadFile");
    ta_port_write_file = (ta_port_nt_transfer)(void*)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtWriteFile");
    query = (query_file)(void*)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationFile");
  }
  p->next = first_port;
  first_port = p;
  ReleaseSRWLockExclusive(&process_lock);
}

DWORD ta_port_win32_error(LONG status) { return win32_of(status); }

void ta_port_leave_process(ta_port* p) {
  AcquireSRWLockExclusive(&process_lock);
  for (ta_port** at = &first_port; *at != NULL; at = &(*at)->next) {
    if (*at != p) continue;
    *at = p->next;
    break;
  }
  ReleaseSRWLockExclusive(&process_lock);
}

// Closes the handles once nobody uses them: a number that another file has got meanwhile is never used.
static void leave(port_again* again) {
  if (InterlockedDecrement(&again->users) > 0) return;
  if (again->overlapped != NULL) CloseHandle(again->overlapped);
  for (int index = 0; index < TA_BLOCKING_MAX; index++) {
    if (again->blocking[index] != NULL) CloseHandle(again->blocking[index]);
  }
  if (again->original != NULL) CloseHandle(again->original);
  free(again);
}

// Under the lock of the files.
static void let_go(port_file* file) {
  if (file->again != NULL) leave(file->again);
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
    file->unbuffered = (flags & UV_FS_O_DIRECT) != 0;
  }
  ReleaseSRWLockExclusive(&p->files_lock);
}

bool ta_port_opened_pipe(ta_port* p, int32_t fd, HANDLE handle) {
  AcquireSRWLockExclusive(&p->files_lock);
  port_file* file = file_at(p, fd, true);
  if (file != NULL) {
    let_go(file);
    file->pipe = handle;
    file->own = true;
  }
  ReleaseSRWLockExclusive(&p->files_lock);
  return file != NULL;
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

#define FILE_ACCESS_INFORMATION_CLASS 8
#define FILE_MODE_INFORMATION_CLASS 16
#define SYNCHRONOUS_MODES (0x10 | 0x20)  // FILE_SYNCHRONOUS_IO_ALERT, FILE_SYNCHRONOUS_IO_NONALERT
#define NO_BUFFERING_MODE 0x8            // FILE_NO_INTERMEDIATE_BUFFERING
#define WRITE_THROUGH_MODE 0x2           // FILE_WRITE_THROUGH

static bool ask(HANDLE handle, ULONG what, ULONG* answer) {
  IO_STATUS_BLOCK status;
  return query(handle, &status, answer, sizeof *answer, what) >= 0;
}

#define SHARED_WITH_ALL (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE)

static HANDLE open_blocking(const port_again* again) {
  HANDLE handle = ReOpenFile(again->original, again->access, SHARED_WITH_ALL, again->flags);
  return handle == INVALID_HANDLE_VALUE ? NULL : handle;
}

static HANDLE open_on_port(const ta_port* p, const port_again* again) {
  HANDLE handle = ReOpenFile(again->original, again->access, SHARED_WITH_ALL, again->flags | FILE_FLAG_OVERLAPPED);
  if (handle == INVALID_HANDLE_VALUE) return NULL;
  if (CreateIoCompletionPort(handle, p->port, 0, 0) != NULL) return handle;
  CloseHandle(handle);
  return NULL;
}

// Opens the file that the descriptor stands for now once more, with the rights it has there. NULL: it cannot be.
static port_again* open_again(const ta_port* p, HANDLE handle) {
  ULONG access, mode;
  BY_HANDLE_FILE_INFORMATION information;
  HANDLE self = GetCurrentProcess();
  if (GetFileType(handle) != FILE_TYPE_DISK || !ask(handle, FILE_ACCESS_INFORMATION_CLASS, &access) || !ask(handle, FILE_MODE_INFORMATION_CLASS, &mode) ||
      !GetFileInformationByHandle(handle, &information) || (information.dwFileAttributes & FILE_ATTRIBUTE_DIRECTORY) != 0) {
    return NULL;
  }
  port_again* again = calloc(1, sizeof *again);
  if (again == NULL) return NULL;
  bool unbuffered = (mode & NO_BUFFERING_MODE) != 0;
  again->users = 1;
  again->access = access;
  again->flags = (unbuffered ? FILE_FLAG_NO_BUFFERING : 0) | ((mode & WRITE_THROUGH_MODE) != 0 ? FILE_FLAG_WRITE_THROUGH : 0);
  if (!DuplicateHandle(self, handle, self, &again->original, 0, FALSE, DUPLICATE_SAME_ACCESS)) again->original = NULL;
  if (again->original != NULL && unbuffered) again->overlapped = open_on_port(p, again);
  else if (again->original != NULL) again->blocking[0] = open_blocking(again);
  if (again->overlapped != NULL || again->blocking[0] != NULL) return again;
  leave(again);
  return NULL;
}

// Under the lock of the files, exclusively. NULL: a blocking call of libuv's is to make the transfer.
static port_again* find_again(const ta_port* p, port_file* file, HANDLE handle) {
  if (handle == INVALID_HANDLE_VALUE || file->refused) return NULL;
  if (file->again == NULL) {
    file->again = open_again(p, handle);
    file->refused = file->again == NULL;
    if (file->refused) return NULL;
  } else if (!same_object(handle, file->again->original)) {
    let_go(file);
    return NULL;
  }
  InterlockedIncrement(&file->again->users);
  return file->again;
}

port_again* ta_port_again(ta_port* p, int32_t fd) {
  port_again* found = NULL;
  HANDLE handle = uv_get_osfhandle(fd);
  // Mostly it is there already: looked up by many threads at once.
  AcquireSRWLockShared(&p->files_lock);
  const port_file* known = file_at(p, fd, false);
  bool own = known != NULL && known->own && known->pipe == NULL;
  if (own && known->again != NULL && handle != INVALID_HANDLE_VALUE && same_object(handle, known->again->original)) {
    found = known->again;
    InterlockedIncrement(&found->users);
  }
  ReleaseSRWLockShared(&p->files_lock);
  if (found != NULL || !own) return found;
  AcquireSRWLockExclusive(&p->files_lock);
  port_file* file = file_at(p, fd, false);
  if (file != NULL && file->own && file->pipe == NULL) found = find_again(p, file, uv_get_osfhandle(fd));
  ReleaseSRWLockExclusive(&p->files_lock);
  return found;
}

// Windows lets one blocking call of an open file in at a time. So each thread takes an open file that no other is in.
HANDLE ta_port_enter(port_again* again, int* place) {
  for (*place = 0; *place < TA_BLOCKING_MAX; ++*place) {
    LONG bit = 1L << *place;
    if ((InterlockedOr(&again->busy, bit) & bit) != 0) continue;
    if (again->blocking[*place] == NULL) again->blocking[*place] = open_blocking(again);
    if (again->blocking[*place] != NULL) return again->blocking[*place];
    InterlockedAnd(&again->busy, ~bit);
    break;
  }
  *place = TA_BLOCKING_MAX;
  return again->blocking[0];
}

void ta_port_leave(port_again* again, int place) {
  if (place < TA_BLOCKING_MAX) InterlockedAnd(&again->busy, ~(1L << place));
  leave(again);
}

HANDLE ta_port_pipe(ta_port* p, int32_t fd) {
  AcquireSRWLockExclusive(&p->files_lock);
  port_file* file = file_at(p, fd, false);
  HANDLE pipe = file == NULL ? NULL : file->pipe;
  ULONG mode;
  // Somebody else closed it, if its number is another's now.
  if (pipe != NULL && !(uv_get_osfhandle(fd) == pipe && GetFileType(pipe) == FILE_TYPE_PIPE && ask(pipe, FILE_MODE_INFORMATION_CLASS, &mode) && (mode & SYNCHRONOUS_MODES) == 0)) {
    let_go(file);
    pipe = NULL;
  }
  ReleaseSRWLockExclusive(&p->files_lock);
  return pipe;
}

int ta_port_way(ta_port* p, int32_t fd) {
  AcquireSRWLockExclusive(&p->files_lock);
  const port_file* file = file_at(p, fd, false);
  int way = file == NULL || !file->own ? TA_WAY_FOREIGN : file->pipe != NULL ? TA_WAY_PIPE : file->refused ? TA_WAY_REFUSED
            : file->unbuffered ? TA_WAY_PORT : TA_WAY_BUFFERED;
  ReleaseSRWLockExclusive(&p->files_lock);
  return way;
}
