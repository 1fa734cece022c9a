// ⑥ native — Windows: sockets on the completion port. Waiting calls are overlapped (AcceptEx, ConnectEx, WSARecv, WSASend …); the rest ends at once. Addresses, levels and names of
// options are Linux' in the records (socket_options.c).
#include "port_sockets.h"
#include <stdlib.h>
#include <string.h>

#define BUFFERS_MAX 1024
#define LINUX_AF_INET6 10
#define LINUX_MSG_PEEK 0x2
#define LINUX_MSG_OOB 0x1
#define LINUX_MSG_TRUNC 0x20
#define LINUX_MSG_DONTWAIT 0x40
#define LINUX_MSG_WAITALL 0x100
#define LINUX_MSG_NOSIGNAL 0x4000
#define STATUS_HANDLES_CLOSED_STATUS ((LONG)0x8000000A)

// What a call writes to while it is in progress.
typedef struct {
  SOCKET accepted;
  ta_socket socket;
  DWORD flags;
  int name_length;
  struct sockaddr_storage name;
  char addresses[2 * (sizeof(struct sockaddr_storage) + 16)];
} socket_extra;

// struct msghdr and struct iovec of Linux.
typedef struct {
  uint64_t name;
  uint32_t name_length, padding;
  uint64_t vectors, vector_count, control, control_length;
  uint32_t flags;
} linux_message;
typedef struct {
  uint64_t base, length;
} linux_vector;

static int64_t failed(void) { return uv_translate_sys_error(WSAGetLastError()); }

static int64_t make(ta_port* p, int domain, int type, int protocol) {
  int family = domain == LINUX_AF_INET6 ? AF_INET6 : domain;
  int kind = type & 0xf;
  SOCKET handle = WSASocketW(family, kind, protocol, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (handle == INVALID_SOCKET) return failed();
  DWORD none = 0;
  BOOL off = FALSE;
  // A datagram to a port that nobody has would end a receive.
  if (kind == SOCK_DGRAM) WSAIoctl(handle, SIO_UDP_CONNRESET, &off, sizeof off, NULL, 0, &none, NULL, NULL);
  return ta_socket_add(p, handle, family, kind);
}

// An address of a record's as Windows has it. Returns its bytes; 0: too long.
static int address_in(struct sockaddr_storage* into, uint64_t from, uint64_t length) {
  memset(into, 0, sizeof *into);
  if (length > sizeof *into) return 0;
  memcpy(into, (const void*)(uintptr_t)from, length);
  if (into->ss_family == LINUX_AF_INET6) into->ss_family = AF_INET6;
  return (int)length;
}

static void address_out(void* into, uint32_t* length, const struct sockaddr_storage* address, int bytes) {
  uint32_t room = *length;
  memcpy(into, address, (uint32_t)bytes < room ? (uint32_t)bytes : room);
  if (address->ss_family == AF_INET6 && room >= sizeof(short)) *(short*)into = LINUX_AF_INET6;
  *length = (uint32_t)bytes;
}

static int64_t named(const ta_socket* socket, const uint64_t* a, bool peer) {
  struct sockaddr_storage address;
  int length = sizeof address;
  int error = (peer ? getpeername : getsockname)(socket->handle, (struct sockaddr*)&address, &length);
  if (error != 0 && (peer || WSAGetLastError() != WSAEINVAL)) return failed();
  if (error != 0) {  // not bound yet: Linux has an address of zeros for it
    memset(&address, 0, sizeof address);
    address.ss_family = (ADDRESS_FAMILY)socket->family;
    length = socket->family == AF_INET6 ? (int)sizeof(struct sockaddr_in6) : (int)sizeof(struct sockaddr_in);
  }
  address_out((void*)(uintptr_t)a[1], (uint32_t*)(uintptr_t)a[2], &address, length);
  return 0;
}

// What ends at once.
static int64_t call(const ta_socket* socket, const ta_pool_submission* record) {
  const uint64_t* a = record->arguments;
  struct sockaddr_storage address;
  int length;
  switch (record->number) {
    case TA_BIND:
      length = address_in(&address, a[1], a[2]);
      return bind(socket->handle, (struct sockaddr*)&address, length) == 0 ? 0 : failed();
    case TA_LISTEN: return listen(socket->handle, (int)a[1]) == 0 ? 0 : failed();
    case TA_SHUTDOWN: return shutdown(socket->handle, (int)a[1]) == 0 ? 0 : failed();
    case TA_GETSOCKNAME: return named(socket, a, false);
    case TA_GETPEERNAME: return named(socket, a, true);
    case TA_GETSOCKOPT: return ta_socket_get_option(socket, (int)a[1], (int)a[2], (void*)(uintptr_t)a[3], (int32_t*)(uintptr_t)a[4]);
    case TA_SETSOCKOPT: return ta_socket_set_option(socket, (int)a[1], (int)a[2], (const void*)(uintptr_t)a[3], (int)a[4]);
    default: return UV_ENOSYS;
  }
}

static void* extension(SOCKET handle, GUID id) {
  void* function = NULL;
  DWORD bytes;
  return WSAIoctl(handle, SIO_GET_EXTENSION_FUNCTION_POINTER, &id, sizeof id, &function, sizeof function, &bytes, NULL, NULL) == 0 ? function : NULL;
}

static bool is_loopback(const struct sockaddr_storage* address) {
  if (address->ss_family == AF_INET) return (ntohl(((const struct sockaddr_in*)address)->sin_addr.s_addr) >> 24) == 127;
  return address->ss_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6*)address)->sin6_addr);
}

// As libuv: any address is this machine, and there a port that nobody has is refused at once, not after two seconds.
static void ready_to_connect(SOCKET handle, struct sockaddr_storage* address) {
  struct { USHORT round_trip; UCHAR retransmissions; } once = {(USHORT)-2, (UCHAR)-2};
  DWORD none;
  struct sockaddr_in* four = (struct sockaddr_in*)address;
  struct sockaddr_in6* six = (struct sockaddr_in6*)address;
  if (address->ss_family == AF_INET && four->sin_addr.s_addr == INADDR_ANY) four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (address->ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr)) six->sin6_addr = in6addr_loopback;
  if (is_loopback(address)) WSAIoctl(handle, _WSAIOW(IOC_VENDOR, 17), &once, sizeof once, NULL, 0, &none, NULL, NULL);
}

static int begin_connect(const ta_socket* socket, port_slot* slot) {
  struct sockaddr_storage address, any = {.ss_family = (ADDRESS_FAMILY)socket->family}, own;
  int length = address_in(&address, slot->record.arguments[1], slot->record.arguments[2]), own_length = sizeof own;
  ready_to_connect(socket->handle, &address);
  LPFN_CONNECTEX connect_ex = (LPFN_CONNECTEX)extension(socket->handle, (GUID)WSAID_CONNECTEX);
  if (connect_ex == NULL) return SOCKET_ERROR;
  // It takes bound sockets only.
  if (getsockname(socket->handle, (struct sockaddr*)&own, &own_length) != 0 && bind(socket->handle, (struct sockaddr*)&any, length) != 0) return SOCKET_ERROR;
  return connect_ex(socket->handle, (struct sockaddr*)&address, length, NULL, 0, NULL, &slot->overlapped) ? 0 : SOCKET_ERROR;
}

static int begin_accept(const ta_socket* socket, port_slot* slot, socket_extra* extra) {
  LPFN_ACCEPTEX accept_ex = (LPFN_ACCEPTEX)extension(socket->handle, (GUID)WSAID_ACCEPTEX);
  DWORD bytes, room = sizeof(struct sockaddr_storage) + 16;
  if (accept_ex == NULL) return SOCKET_ERROR;
  extra->accepted = WSASocketW(socket->family, socket->type, 0, NULL, 0, WSA_FLAG_OVERLAPPED | WSA_FLAG_NO_HANDLE_INHERIT);
  if (extra->accepted == INVALID_SOCKET) return SOCKET_ERROR;
  return accept_ex(socket->handle, extra->accepted, extra->addresses, 0, room, room, &bytes, &slot->overlapped) ? 0 : SOCKET_ERROR;
}

static DWORD flags_in(int flags) {
  return ((flags & LINUX_MSG_PEEK) != 0 ? MSG_PEEK : 0) | ((flags & LINUX_MSG_OOB) != 0 ? MSG_OOB : 0) | ((flags & LINUX_MSG_WAITALL) != 0 ? MSG_WAITALL : 0);
}

#define FLAGS_KNOWN (LINUX_MSG_PEEK | LINUX_MSG_OOB | LINUX_MSG_WAITALL | LINUX_MSG_NOSIGNAL)

static int transfer(const ta_socket* socket, port_slot* slot, socket_extra* extra, WSABUF* buffers, DWORD count, const linux_message* message) {
  bool sends = slot->record.number == TA_SEND || slot->record.number == TA_SENDMSG || slot->record.number == TA_WRITE;
  bool names = message != NULL && message->name != 0;
  // Written to before the call returns, when the packet may have been taken and all else be gone.
  DWORD flags = extra->flags;
  if (sends && names) {
    extra->name_length = address_in(&extra->name, message->name, message->name_length);
    return WSASendTo(socket->handle, buffers, count, NULL, flags, (struct sockaddr*)&extra->name, extra->name_length, &slot->overlapped, NULL);
  }
  if (sends) return WSASend(socket->handle, buffers, count, NULL, flags, &slot->overlapped, NULL);
  if (!names || socket->type == SOCK_STREAM) return WSARecv(socket->handle, buffers, count, NULL, &flags, &slot->overlapped, NULL);
  extra->name_length = sizeof extra->name;
  return WSARecvFrom(socket->handle, buffers, count, NULL, &flags, (struct sockaddr*)&extra->name, &extra->name_length, &slot->overlapped, NULL);
}

static int begin_transfer(const ta_socket* socket, port_slot* slot, socket_extra* extra) {
  const uint64_t* a = slot->record.arguments;
  bool is_message = slot->record.number == TA_SENDMSG || slot->record.number == TA_RECVMSG;
  WSABUF one = {(ULONG)a[2], (char*)(uintptr_t)a[1]}, buffers[BUFFERS_MAX];
  extra->flags = flags_in(is_message ? (int)a[2] : (int)a[3]);
  if (!is_message) return transfer(socket, slot, extra, &one, 1, NULL);
  const linux_message* message = (const linux_message*)(uintptr_t)a[1];
  const linux_vector* vectors = (const linux_vector*)(uintptr_t)message->vectors;
  DWORD count = (DWORD)message->vector_count;
  for (DWORD index = 0; index < count; index++) buffers[index] = (WSABUF){(ULONG)vectors[index].length, (char*)(uintptr_t)vectors[index].base};
  return transfer(socket, slot, extra, buffers, count, message);
}

// Whether the call may wait for the other side: it is overlapped.
static bool waits(const ta_socket* socket, const ta_pool_submission* record) {
  switch (record->number) {
    case TA_CONNECT: return socket->type == SOCK_STREAM;
    case TA_ACCEPT: case TA_SEND: case TA_RECV: case TA_SENDMSG: case TA_RECVMSG: case TA_READ: case TA_WRITE: return true;
    default: return false;
  }
}

bool ta_socket_is_call(const ta_pool_submission* record) {
  return record->number >= TA_SOCKET || ((record->number == TA_READ || record->number == TA_WRITE || record->number == TA_CLOSE) && ta_socket_is_number((int32_t)record->arguments[0]));
}

static int64_t refused(const ta_pool_submission* record) {
  const uint64_t* a = record->arguments;
  bool is_message = record->number == TA_SENDMSG || record->number == TA_RECVMSG;
  if (is_message) {
    const linux_message* message = (const linux_message*)(uintptr_t)a[1];
    if (message->control != 0) return UV_ENOTSUP;  // descriptors go along with no message here
    if (message->vector_count > BUFFERS_MAX) return UV_EINVAL;
  }
  if ((record->number == TA_READ || record->number == TA_WRITE) && (int64_t)a[3] >= 0) return UV_ESPIPE;
  int flags = is_message ? (int)a[2] : record->number == TA_SEND || record->number == TA_RECV ? (int)a[3] : 0;
  return (flags & ~FLAGS_KNOWN) != 0 ? UV_ENOTSUP : 0;
}

static ta_port_answer begin(ta_port* p, const ta_socket* socket, port_slot* slot, int64_t* result) {
  socket_extra* extra = calloc(1, sizeof *extra);
  *result = extra == NULL ? UV_ENOMEM : refused(&slot->record);
  if (*result != 0) {
    free(extra);
    return TA_DONE;
  }
  extra->accepted = INVALID_SOCKET;
  extra->socket = *socket;
  if (slot->record.number == TA_READ || slot->record.number == TA_WRITE) slot->record.arguments[3] = 0;  // its flags; it had no offset
  memset(&slot->overlapped, 0, sizeof slot->overlapped);
  ta_port_put_on_port(p, slot, (HANDLE)socket->handle, NULL, extra);
  int32_t number = slot->record.number;
  int error = number == TA_CONNECT ? begin_connect(socket, slot) : number == TA_ACCEPT ? begin_accept(socket, slot, extra) : begin_transfer(socket, slot, extra);
  int code = error == 0 ? 0 : WSAGetLastError();
  if (code == 0 || code == WSA_IO_PENDING) return TA_ON_PORT;
  ta_port_take_off_port(p, slot);
  if (extra->accepted != INVALID_SOCKET) closesocket(extra->accepted);
  free(extra);
  *result = code == WSAEMSGSIZE && (number == TA_RECV || number == TA_RECVMSG) ? (int64_t)slot->overlapped.InternalHigh : uv_translate_sys_error(code);
  return TA_DONE;
}

static int64_t connect_datagram(const ta_socket* socket, const uint64_t* a) {
  struct sockaddr_storage address;
  int length = address_in(&address, a[1], a[2]);
  return connect(socket->handle, (struct sockaddr*)&address, length) == 0 ? 0 : failed();
}

ta_port_answer ta_socket_call(ta_port* p, port_slot* slot, int64_t* result) {
  const ta_pool_submission* record = &slot->record;
  const uint64_t* a = record->arguments;
  ta_socket socket;
  if (record->number == TA_SOCKET) *result = make(p, (int)a[0], (int)a[1], (int)a[2]);
  else if (record->number == TA_CLOSE) *result = ta_socket_close((int32_t)a[0]);
  else if (ta_socket_enter(p, (int32_t)a[0], &socket, result)) {
    ta_port_answer answer = TA_DONE;
    int32_t number = (int32_t)a[0];
    if (waits(&socket, record)) answer = begin(p, &socket, slot, result);
    else *result = record->number == TA_CONNECT ? connect_datagram(&socket, a) : call(&socket, record);
    ta_socket_leave(number);
    return answer;
  }
  return TA_DONE;
}

static int64_t result_of(const OVERLAPPED* overlapped, const ta_pool_submission* record) {
  LONG status = (LONG)overlapped->Internal;
  if (status == STATUS_HANDLES_CLOSED_STATUS) return UV_ECANCELED;
  DWORD error = status >= 0 ? ERROR_SUCCESS : ta_port_win32_error(status);
  if (error == ERROR_SUCCESS || error == ERROR_MORE_DATA) return (int64_t)overlapped->InternalHigh;
  if (error == ERROR_PORT_UNREACHABLE) return UV_ECONNREFUSED;
  // Aborted by the peer, as WSAGetOverlappedResult has it.
  if (error == ERROR_NETNAME_DELETED && record->number == TA_ACCEPT) return UV_ECONNABORTED;
  return uv_translate_sys_error((int)error);
}

static int64_t accepted(ta_port* p, const socket_extra* extra) {
  SOCKET listening = extra->socket.handle;
  setsockopt(extra->accepted, SOL_SOCKET, SO_UPDATE_ACCEPT_CONTEXT, (const char*)&listening, sizeof listening);
  return ta_socket_add(p, extra->accepted, extra->socket.family, extra->socket.type);
}

// The end of a call that was put on the port, without any lock.
int64_t ta_socket_end(ta_port* p, port_slot* slot) {
  socket_extra* extra = slot->extra;
  const ta_pool_submission* record = &slot->record;
  int64_t result = result_of(&slot->overlapped, record);
  if (record->number == TA_ACCEPT) {
    if (result >= 0) result = accepted(p, extra);
    else closesocket(extra->accepted);
  } else if (record->number == TA_CONNECT && result >= 0) {
    setsockopt(extra->socket.handle, SOL_SOCKET, SO_UPDATE_CONNECT_CONTEXT, NULL, 0);
  } else if (record->number == TA_RECVMSG && result >= 0) {
    linux_message* message = (linux_message*)(uintptr_t)record->arguments[1];
    message->flags = (LONG)slot->overlapped.Internal < 0 ? LINUX_MSG_TRUNC : 0;
    if (extra->name_length > 0) address_out((void*)(uintptr_t)message->name, &message->name_length, &extra->name, extra->name_length);
    else message->name_length = 0;
  }
  free(extra);
  slot->extra = NULL;
  return result;
}
