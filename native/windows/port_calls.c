// ⑥ native — Windows: a record's blocking call. They are libuv's own functions, called on threads of the port's instead of libuv's four: so
// paths, rights, sharing, links and errors are those of node:fs.
#include "port.h"
#include <string.h>

#define VECTORS_MAX 1024

static const char* text(uint64_t address) { return (const char*)(uintptr_t)address; }

// As libuv takes them; an array of addresses and lengths of 64 bits each is what JavaScript wrote.
static int64_t transfer_vectors(const ta_pool_submission* record) {
  uv_buf_t buffers[VECTORS_MAX];
  const uint64_t* given = (const uint64_t*)(uintptr_t)record->arguments[1];
  size_t count = record->arguments[2];
  uv_fs_t request;
  if (count > VECTORS_MAX) return UV_EINVAL;
  for (size_t index = 0; index < count; index++) buffers[index] = uv_buf_init((char*)(uintptr_t)given[2 * index], (unsigned)given[2 * index + 1]);
  int fd = (int)record->arguments[0];
  int64_t offset = (int64_t)record->arguments[3];
  bool reads = record->number == TA_READV;
  if (count == 0) buffers[count++] = uv_buf_init(NULL, 0);  // libuv is to look at the descriptor all the same
  int result = reads ? uv_fs_read(NULL, &request, fd, buffers, (unsigned)count, offset, NULL) : uv_fs_write(NULL, &request, fd, buffers, (unsigned)count, offset, NULL);
  int64_t transferred = result < 0 ? result : (int64_t)request.result;
  uv_fs_req_cleanup(&request);
  return transferred;
}

static int64_t transfer(const ta_pool_submission* record) {
  uv_fs_t request;
  uv_buf_t buffer = uv_buf_init((char*)(uintptr_t)record->arguments[1], (unsigned)record->arguments[2]);
  int fd = (int)record->arguments[0];
  int64_t offset = (int64_t)record->arguments[3];
  int result = record->number == TA_READ ? uv_fs_read(NULL, &request, fd, &buffer, 1, offset, NULL) : uv_fs_write(NULL, &request, fd, &buffer, 1, offset, NULL);
  int64_t transferred = result < 0 ? result : (int64_t)request.result;
  uv_fs_req_cleanup(&request);
  return transferred;
}

static bool is_pipe_name(const char* path) {
  return (path[0] == '\\' || path[0] == '/') && (path[1] == '\\' || path[1] == '/') && (path[2] == '.' || path[2] == '?') && (path[3] == '\\' || path[3] == '/') &&
         _strnicmp(path + 4, "pipe", 4) == 0 && (path[8] == '\\' || path[8] == '/');
}

static int64_t open_file(ta_port* p, const ta_pool_submission* record) {
  uv_fs_t request;
  const char* path = text(record->arguments[0]);
  int flags = (int)record->arguments[1];
  if (is_pipe_name(path)) return ta_port_open_pipe(p, path, flags);
  int fd = uv_fs_open(NULL, &request, path, flags, (int)record->arguments[2], NULL);
  uv_fs_req_cleanup(&request);
  if (fd >= 0) ta_port_opened(p, fd, flags);
  return fd;
}

static int64_t close_file(int fd) {
  uv_fs_t request;
  ta_port_forget(fd);
  int result = uv_fs_close(NULL, &request, fd, NULL);
  uv_fs_req_cleanup(&request);
  return result;
}

static int64_t truncate_path(const char* path, int64_t length) {
  uv_fs_t request;
  int fd = uv_fs_open(NULL, &request, path, UV_FS_O_RDWR, 0, NULL);
  uv_fs_req_cleanup(&request);
  if (fd < 0) return fd;
  int result = uv_fs_ftruncate(NULL, &request, fd, length, NULL);
  uv_fs_req_cleanup(&request);
  close_file(fd);
  return result;
}

static int64_t status_of(const ta_pool_submission* record) {
  uv_fs_t request;
  const uint64_t* a = record->arguments;
  int result = record->number == TA_FSTAT ? uv_fs_fstat(NULL, &request, (int)a[0], NULL)
               : record->number == TA_STAT ? uv_fs_stat(NULL, &request, text(a[0]), NULL) : uv_fs_lstat(NULL, &request, text(a[0]), NULL);
  if (result >= 0) memcpy((void*)(uintptr_t)a[1], &request.statbuf, sizeof request.statbuf);
  uv_fs_req_cleanup(&request);
  return result;
}

static int64_t read_link(const char* path, char* into, size_t room) {
  uv_fs_t request;
  int64_t result = uv_fs_readlink(NULL, &request, path, NULL);
  if (result >= 0) {
    size_t length = strlen(request.ptr);
    result = length <= room ? (int64_t)length : UV_ENAMETOOLONG;
    if (result >= 0) memcpy(into, request.ptr, length);
  }
  uv_fs_req_cleanup(&request);
  return result;
}

// As node:fs: a link to what is a directory is made one to a directory. `probe` is the target as seen from here.
static int64_t link_symbolically(const char* target, const char* path, const char* probe) {
  uv_fs_t request;
  bool directory = uv_fs_stat(NULL, &request, probe, NULL) == 0 && (request.statbuf.st_mode & S_IFMT) == S_IFDIR;
  uv_fs_req_cleanup(&request);
  int result = uv_fs_symlink(NULL, &request, target, path, directory ? UV_FS_SYMLINK_DIR : 0, NULL);
  uv_fs_req_cleanup(&request);
  return result;
}

static double number(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

int64_t ta_port_call(ta_port* p, const ta_pool_submission* record) {
  const uint64_t* a = record->arguments;
  uv_fs_t request;
  int result;
  switch (record->number) {
    case TA_READ: case TA_WRITE: return transfer(record);
    case TA_READV: case TA_WRITEV: return transfer_vectors(record);
    case TA_OPEN: return open_file(p, record);
    case TA_CLOSE: return close_file((int)a[0]);
    case TA_TRUNCATE: return truncate_path(text(a[0]), (int64_t)a[1]);
    case TA_STAT: case TA_LSTAT: case TA_FSTAT: return status_of(record);
    case TA_READLINK: return read_link(text(a[0]), (char*)(uintptr_t)a[1], a[2]);
    case TA_SYMLINK: return link_symbolically(text(a[0]), text(a[1]), text(a[2]));
    case TA_FSYNC: result = uv_fs_fsync(NULL, &request, (int)a[0], NULL); break;
    case TA_FDATASYNC: result = uv_fs_fdatasync(NULL, &request, (int)a[0], NULL); break;
    case TA_FTRUNCATE: result = uv_fs_ftruncate(NULL, &request, (int)a[0], (int64_t)a[1], NULL); break;
    case TA_RENAME: result = uv_fs_rename(NULL, &request, text(a[0]), text(a[1]), NULL); break;
    case TA_LINK: result = uv_fs_link(NULL, &request, text(a[0]), text(a[1]), NULL); break;
    case TA_UNLINK: result = uv_fs_unlink(NULL, &request, text(a[0]), NULL); break;
    case TA_RMDIR: result = uv_fs_rmdir(NULL, &request, text(a[0]), NULL); break;
    case TA_MKDIR: result = uv_fs_mkdir(NULL, &request, text(a[0]), (int)a[1], NULL); break;
    case TA_ACCESS: result = uv_fs_access(NULL, &request, text(a[0]), (int)a[1], NULL); break;
    case TA_CHMOD: result = uv_fs_chmod(NULL, &request, text(a[0]), (int)a[1], NULL); break;
    case TA_FCHMOD: result = uv_fs_fchmod(NULL, &request, (int)a[0], (int)a[1], NULL); break;
    case TA_CHOWN: result = uv_fs_chown(NULL, &request, text(a[0]), (uv_uid_t)a[1], (uv_gid_t)a[2], NULL); break;
    case TA_LCHOWN: result = uv_fs_lchown(NULL, &request, text(a[0]), (uv_uid_t)a[1], (uv_gid_t)a[2], NULL); break;
    case TA_FCHOWN: result = uv_fs_fchown(NULL, &request, (int)a[0], (uv_uid_t)a[1], (uv_gid_t)a[2], NULL); break;
    case TA_UTIMES: result = uv_fs_utime(NULL, &request, text(a[0]), number(a[1]), number(a[2]), NULL); break;
    case TA_LUTIMES: result = uv_fs_lutime(NULL, &request, text(a[0]), number(a[1]), number(a[2]), NULL); break;
    case TA_FUTIMES: result = uv_fs_futime(NULL, &request, (int)a[0], number(a[1]), number(a[2]), NULL); break;
    default: return UV_ENOSYS;
  }
  uv_fs_req_cleanup(&request);
  return result;
}
