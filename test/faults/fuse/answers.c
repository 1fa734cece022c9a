// The FUSE protocol: one request in, one answer out. Faults of content (short, failing) are made here; those of time
// (hanging, slow) by the daemon, which calls late.
#include "faults.h"
#include "files.h"
#include <errno.h>
#include <linux/fuse.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static bool send_answer(int device, uint64_t unique, int error, const void* body, size_t size, const void* more, size_t more_size) {
  struct fuse_out_header header = {.len = sizeof header + size + more_size, .error = error, .unique = unique};
  struct iovec parts[] = {{&header, sizeof header}, {(void*)body, size}, {(void*)more, more_size}};
  // ENOENT: the request was interrupted or given up meanwhile.
  return writev(device, parts, 3) >= 0 || errno == ENOENT || errno == EINTR;
}

bool answer_error(int device, uint64_t unique, int error) {
  return send_answer(device, unique, error, NULL, 0, NULL, 0);
}

static struct fuse_attr attributes(uint64_t number) {
  const struct file* file = file_of(number);
  struct fuse_attr attr = {.ino = number, .size = file->size, .blocks = (file->size + 511) / 512, .blksize = 4096,
    .mode = file->mode, .nlink = links_of(number), .uid = file->uid, .gid = file->gid,
    .atime = (uint64_t)file->atime.tv_sec, .atimensec = (uint32_t)file->atime.tv_nsec,
    .mtime = (uint64_t)file->mtime.tv_sec, .mtimensec = (uint32_t)file->mtime.tv_nsec,
    .ctime = (uint64_t)file->ctime.tv_sec, .ctimensec = (uint32_t)file->ctime.tv_nsec};
  return attr;
}

// Nothing is kept by the kernel: each lookup and each stat comes here, so that each can hang.
static struct fuse_entry_out entry(uint64_t number) {
  file_of(number)->lookups++;
  struct fuse_entry_out out = {.nodeid = number, .generation = 1, .attr = attributes(number)};
  return out;
}

static struct fuse_open_out opened(bool directory) {
  struct fuse_open_out out = {.open_flags = !directory && faults.direct_io ? FOPEN_DIRECT_IO : 0};
  return out;
}

static uint64_t made(const struct fuse_in_header* in, const char* name, uint32_t mode) {
  return find_file(in->nodeid, name) != 0 ? 0 : make_file(in->nodeid, name, mode, in->uid, in->gid);
}

static bool set_attributes(int device, const struct fuse_in_header* in, const struct fuse_setattr_in* set) {
  struct file* file = file_of(in->nodeid);
  if (set->valid & FATTR_SIZE) {
    int failed = resize_file(file, set->size);
    if (failed != 0) return answer_error(device, in->unique, failed);
  }
  if (set->valid & FATTR_MODE) file->mode = (file->mode & S_IFMT) | (set->mode & 07777);
  if (set->valid & FATTR_UID) file->uid = set->uid;
  if (set->valid & FATTR_GID) file->gid = set->gid;
  clock_gettime(CLOCK_REALTIME, &file->ctime);
  if (set->valid & FATTR_ATIME) file->atime = (struct timespec){(time_t)set->atime, (long)set->atimensec};
  if (set->valid & FATTR_MTIME) file->mtime = (struct timespec){(time_t)set->mtime, (long)set->mtimensec};
  if (set->valid & FATTR_ATIME_NOW) file->atime = file->ctime;
  if (set->valid & FATTR_MTIME_NOW) file->mtime = file->ctime;
  struct fuse_attr_out out = {.attr = attributes(in->nodeid)};
  return send_answer(device, in->unique, 0, &out, sizeof out, NULL, 0);
}

static bool rename_file(int device, const struct fuse_in_header* in, uint64_t directory, uint32_t flags, const char* from) {
  const char* to = from + strlen(from) + 1;
  uint64_t number = find_file(in->nodeid, from);
  uint64_t there = find_file(directory, to);
  if (number == 0) return answer_error(device, in->unique, -ENOENT);
  if (flags & ~1u) return answer_error(device, in->unique, -EINVAL);
  if (there == number) return answer_error(device, in->unique, 0);
  if (there != 0 && (flags & 1u)) return answer_error(device, in->unique, -EEXIST);
  if (there != 0 && has_entries(there)) return answer_error(device, in->unique, -ENOTEMPTY);
  if (there != 0) unlink_file(there);
  struct file* file = file_of(number);
  file->parent = directory;
  strncpy(file->name, to, sizeof file->name - 1);
  return answer_error(device, in->unique, 0);
}

static bool remove_file(int device, const struct fuse_in_header* in, const char* name, bool directory) {
  uint64_t number = find_file(in->nodeid, name);
  if (number == 0) return answer_error(device, in->unique, -ENOENT);
  if (directory != S_ISDIR(file_of(number)->mode)) return answer_error(device, in->unique, directory ? -ENOTDIR : -EISDIR);
  if (directory && has_entries(number)) return answer_error(device, in->unique, -ENOTEMPTY);
  unlink_file(number);
  return answer_error(device, in->unique, 0);
}

static bool read_bytes(int device, const struct fuse_in_header* in, const struct fuse_read_in* read) {
  const struct file* file = file_of(in->nodeid);
  uint64_t size = read->offset >= file->size ? 0 : file->size - read->offset;
  if (size > read->size) size = read->size;
  if (size > faults.read_bytes_max) size = faults.read_bytes_max;
  return send_answer(device, in->unique, 0, file->bytes == NULL ? NULL : file->bytes + read->offset, size, NULL, 0);
}

static bool write_bytes(int device, const struct fuse_in_header* in, const struct fuse_write_in* write) {
  uint64_t size = write->size > faults.write_bytes_max ? faults.write_bytes_max : write->size;
  long written = write_file(file_of(in->nodeid), write->offset, (const unsigned char*)(write + 1), size);
  if (written < 0) return answer_error(device, in->unique, (int)written);
  struct fuse_write_out out = {.size = (uint32_t)written};
  return send_answer(device, in->unique, 0, &out, sizeof out, NULL, 0);
}

static size_t add_entry(unsigned char* to, size_t at, size_t limit, const char* name, uint64_t number, uint32_t mode, uint64_t next) {
  size_t length = strlen(name);
  size_t size = FUSE_DIRENT_ALIGN(FUSE_NAME_OFFSET + length);
  if (at + size > limit) return 0;
  struct fuse_dirent dirent = {.ino = number, .off = next, .namelen = (uint32_t)length, .type = (mode & S_IFMT) >> 12};
  memset(to + at, 0, size);
  memcpy(to + at, &dirent, FUSE_NAME_OFFSET);
  memcpy(to + at + FUSE_NAME_OFFSET, name, length);
  return size;
}

// Places: 0 is '.', 1 is '..', the others are numbers of files plus 1.
static bool list_entries(int device, const struct fuse_in_header* in, const struct fuse_read_in* read) {
  static unsigned char list[1 << 16];
  size_t limit = read->size < sizeof list ? read->size : sizeof list;
  size_t at = 0;
  for (uint64_t place = read->offset; place < file_count() + 2; place++) {
    const struct file* file = place < 2 ? file_of(1) : file_of(place - 1);
    if (place >= 2 && (file == NULL || file->parent != in->nodeid)) continue;
    const char* name = place == 0 ? "." : place == 1 ? ".." : file->name;
    size_t size = add_entry(list, at, limit, name, place < 2 ? 1 : place - 1, file->mode, place + 1);
    if (size == 0) break;
    at += size;
  }
  return send_answer(device, in->unique, 0, list, at, NULL, 0);
}

static bool initialize(int device, const struct fuse_in_header* in, const struct fuse_init_in* init) {
  struct fuse_init_out out = {.major = FUSE_KERNEL_VERSION, .minor = init->minor < FUSE_KERNEL_MINOR_VERSION ? init->minor : FUSE_KERNEL_MINOR_VERSION,
    .max_readahead = init->max_readahead, .flags = init->flags & (FUSE_BIG_WRITES | FUSE_MAX_PAGES), .max_background = 64, .congestion_threshold = 48,
    .max_write = 1 << 20, .time_gran = 1, .max_pages = 256};
  return send_answer(device, in->unique, 0, &out, sizeof out, NULL, 0);
}

static bool file_system(int device, const struct fuse_in_header* in) {
  uint64_t bytes = space_bytes > (1ull << 40) ? 1ull << 40 : space_bytes;
  uint64_t left = bytes > used_bytes ? bytes - used_bytes : 0;
  struct fuse_statfs_out out = {.st = {.blocks = bytes / 4096, .bfree = left / 4096, .bavail = left / 4096, .bsize = 4096, .frsize = 4096, .namelen = 255}};
  return send_answer(device, in->unique, 0, &out, sizeof out, NULL, 0);
}

static bool found(int device, const struct fuse_in_header* in, uint64_t number, int otherwise) {
  if (number == 0) return answer_error(device, in->unique, otherwise);
  struct fuse_entry_out out = entry(number);
  return send_answer(device, in->unique, 0, &out, sizeof out, NULL, 0);
}

bool answer(int device, const unsigned char* request) {
  const struct fuse_in_header* in = (const struct fuse_in_header*)request;
  const void* body = request + sizeof *in;
  const char* text = body;
  if (file_of(in->nodeid) == NULL && in->nodeid != 0) return answer_error(device, in->unique, -ESTALE);
  switch (in->opcode) {
    case FUSE_INIT: return initialize(device, in, body);
    case FUSE_LOOKUP: return found(device, in, find_file(in->nodeid, text), -ENOENT);
    case FUSE_MKDIR: {
      const struct fuse_mkdir_in* make = body;
      return found(device, in, made(in, (const char*)(make + 1), S_IFDIR | (make->mode & 07777)), -EEXIST);
    }
    case FUSE_MKNOD: {
      const struct fuse_mknod_in* make = body;
      return found(device, in, made(in, (const char*)(make + 1), make->mode), -EEXIST);
    }
    case FUSE_SYMLINK: {
      uint64_t number = made(in, text, S_IFLNK | 0777);
      const char* target = text + strlen(text) + 1;
      if (number != 0) write_file(file_of(number), 0, (const unsigned char*)target, strlen(target));
      return found(device, in, number, -EEXIST);
    }
    case FUSE_CREATE: {
      const struct fuse_create_in* make = body;
      uint64_t number = made(in, (const char*)(make + 1), S_IFREG | (make->mode & 07777));
      if (number == 0) return answer_error(device, in->unique, -EEXIST);
      struct fuse_entry_out out = entry(number);
      struct fuse_open_out open = opened(false);
      return send_answer(device, in->unique, 0, &out, sizeof out, &open, sizeof open);
    }
    case FUSE_GETATTR: {
      struct fuse_attr_out out = {.attr = attributes(in->nodeid)};
      return send_answer(device, in->unique, 0, &out, sizeof out, NULL, 0);
    }
    case FUSE_SETATTR: return set_attributes(device, in, body);
    case FUSE_READLINK: return send_answer(device, in->unique, 0, file_of(in->nodeid)->bytes, file_of(in->nodeid)->size, NULL, 0);
    case FUSE_UNLINK: return remove_file(device, in, text, false);
    case FUSE_RMDIR: return remove_file(device, in, text, true);
    case FUSE_RENAME: return rename_file(device, in, ((const struct fuse_rename_in*)body)->newdir, 0, text + sizeof(struct fuse_rename_in));
    case FUSE_RENAME2: {
      const struct fuse_rename2_in* rename = body;
      return rename_file(device, in, rename->newdir, rename->flags, (const char*)(rename + 1));
    }
    case FUSE_OPEN:
    case FUSE_OPENDIR: {
      struct fuse_open_out out = opened(in->opcode == FUSE_OPENDIR);
      return send_answer(device, in->unique, 0, &out, sizeof out, NULL, 0);
    }
    case FUSE_READ: return read_bytes(device, in, body);
    case FUSE_READDIR: return list_entries(device, in, body);
    case FUSE_WRITE: return write_bytes(device, in, body);
    case FUSE_STATFS: return file_system(device, in);
    case FUSE_FALLOCATE: {
      const struct fuse_fallocate_in* wanted = body;
      if (wanted->mode != 0) return answer_error(device, in->unique, -EOPNOTSUPP);
      struct file* file = file_of(in->nodeid);
      return answer_error(device, in->unique, wanted->offset + wanted->length > file->size ? resize_file(file, wanted->offset + wanted->length) : 0);
    }
    case FUSE_RELEASE:
    case FUSE_RELEASEDIR:
    case FUSE_FLUSH:
    case FUSE_FSYNC:
    case FUSE_FSYNCDIR:
    case FUSE_ACCESS: return answer_error(device, in->unique, 0);
    default: return answer_error(device, in->unique, -ENOSYS);
  }
}
