// ⑥ native — memory of Windows' whose address the system may keep, and what kind of open file a descriptor is.
#include "port_sockets.h"
#include "../file_facts.h"

void* ta_pages_map(size_t length) {
  // Committed, and without pages of its own until it is touched.
  return VirtualAlloc(NULL, length, MEM_RESERVE | MEM_COMMIT, PAGE_READWRITE);
}

void ta_pages_unmap(void* data, size_t length) {
  (void)length;
  VirtualFree(data, 0, MEM_RELEASE);
}

size_t ta_page_size(void) {
  SYSTEM_INFO system;
  GetSystemInfo(&system);
  return system.dwPageSize;
}

typedef NTSTATUS(NTAPI* query_file)(HANDLE, IO_STATUS_BLOCK*, void*, ULONG, ULONG);

#define FILE_STANDARD_INFORMATION_CLASS 5
#define FILE_INTERNAL_INFORMATION_CLASS 6

// Whether it is a directory, and its number. GetFileInformationByHandle asks for the volume as well, which costs several times as much.
static bool identify(HANDLE handle, bool* directory, int64_t* number) {
  static query_file query;
  IO_STATUS_BLOCK status;
  FILE_STANDARD_INFORMATION standard;
  if (query == NULL) query = (query_file)(void*)GetProcAddress(GetModuleHandleA("ntdll.dll"), "NtQueryInformationFile");
  if (query(handle, &status, &standard, sizeof standard, FILE_STANDARD_INFORMATION_CLASS) < 0) return false;
  *directory = standard.Directory;
  return query(handle, &status, number, sizeof *number, FILE_INTERNAL_INFORMATION_CLASS) >= 0;
}

// fileFacts(fd) -> the bits of file_facts.h with a part of the file's number above them, or a negative errno
static napi_value file_facts(napi_env env, napi_callback_info info) {
  size_t argc = 1;
  napi_value argv[1];
  int32_t fd;
  TA_TRY(env, napi_get_cb_info(env, info, &argc, argv, NULL, NULL));
  if (!ta_int32(env, argv[0], &fd)) return ta_fail(env, __FILE__, __LINE__);
  if (ta_socket_is_number(fd)) return ta_number(env, ta_socket_is_open(fd) ? (double)(fd & TA_FACT_INODE_MASK) * TA_FACT_INODE : UV_EBADF);
  HANDLE handle = uv_get_osfhandle(fd);
  if (handle == INVALID_HANDLE_VALUE) return ta_number(env, UV_EBADF);
  bool directory;
  int64_t number;
  if (GetFileType(handle) != FILE_TYPE_DISK || !identify(handle, &directory, &number)) return ta_number(env, 0);
  int32_t facts = TA_FACT_POSITION | (directory ? 0 : TA_FACT_RING | TA_FACT_BUFFERED);
  uint32_t inode = ((uint32_t)number ^ (uint32_t)(number >> 32)) & TA_FACT_INODE_MASK;
  return ta_number(env, facts + (double)inode * TA_FACT_INODE);
}

napi_value ta_windows_memory_init(napi_env env, napi_value exports) {
  return ta_set_function(env, exports, "fileFacts", file_facts, NULL) ? exports : ta_fail(env, __FILE__, __LINE__);
}
