// ⑥ native — Windows: the numbers of sockets. They are no descriptors of the C library's there, so each has one of the driver's own, above all of these. A handle
// is closed when nobody is in a call with it: a number never stands for another socket under a thread's hands.
#include "port_sockets.h"
#include <stdlib.h>

#define SOCKETS_MAX 0x100000
#define NO_NUMBER (-1)

// By number less TA_SOCKET_BASE. All under the lock of the sockets.
typedef struct {
  SOCKET handle;  // INVALID_SOCKET: the number is free
  ta_port* port;
  int users;  // threads that are in a call with the handle
  bool closed;
  int family, type;
  int32_t next_free;
} port_socket;

static SRWLOCK sockets_lock = SRWLOCK_INIT;
static port_socket* sockets;
static int32_t sockets_length, first_free = NO_NUMBER;

static bool grow(void) {
  int32_t length = sockets_length == 0 ? 64 : sockets_length * 2;
  port_socket* grown = length <= SOCKETS_MAX ? realloc(sockets, (size_t)length * sizeof *sockets) : NULL;
  if (grown == NULL) return false;
  sockets = grown;
  for (int32_t index = length - 1; index >= sockets_length; index--) {
    sockets[index] = (port_socket){.handle = INVALID_SOCKET, .next_free = first_free};
    first_free = index;
  }
  sockets_length = length;
  return true;
}

// The number of a socket, whose ends come to this port from now on.
int64_t ta_socket_add(ta_port* p, SOCKET handle, int family, int type) {
  int64_t number = UV_EMFILE;
  if (CreateIoCompletionPort((HANDLE)handle, p->port, 0, 0) == NULL) number = uv_translate_sys_error((int)GetLastError());
  else {
    AcquireSRWLockExclusive(&sockets_lock);
    if (first_free != NO_NUMBER || grow()) {
      port_socket* socket = &sockets[first_free];
      number = TA_SOCKET_BASE + first_free;
      first_free = socket->next_free;
      *socket = (port_socket){.handle = handle, .port = p, .family = family, .type = type};
    }
    ReleaseSRWLockExclusive(&sockets_lock);
  }
  if (number < 0) closesocket(handle);
  return number;
}

// Under the lock.
static port_socket* at(int32_t number) {
  int32_t index = number - TA_SOCKET_BASE;
  return index >= 0 && index < sockets_length && sockets[index].handle != INVALID_SOCKET && !sockets[index].closed ? &sockets[index] : NULL;
}

bool ta_socket_is_open(int32_t number) {
  AcquireSRWLockShared(&sockets_lock);
  bool open = at(number) != NULL;
  ReleaseSRWLockShared(&sockets_lock);
  return open;
}

// Under the lock: the handle to be closed once nobody is in a call with it; the number is free then.
static SOCKET take_away(port_socket* socket) {
  SOCKET handle = socket->handle;
  socket->closed = true;
  if (socket->users > 0) return INVALID_SOCKET;
  *socket = (port_socket){.handle = INVALID_SOCKET, .next_free = first_free};
  first_free = (int32_t)(socket - sockets);
  return handle;
}

bool ta_socket_enter(ta_port* p, int32_t number, ta_socket* found, int64_t* error) {
  AcquireSRWLockExclusive(&sockets_lock);
  port_socket* socket = at(number);
  // A socket has one port. Another proactor's is not to be waited for here.
  *error = socket == NULL ? UV_EBADF : socket->port != p ? UV_ENOTSUP : 0;
  if (*error == 0) {
    socket->users++;
    *found = (ta_socket){socket->handle, socket->family, socket->type};
  }
  ReleaseSRWLockExclusive(&sockets_lock);
  return *error == 0;
}

void ta_socket_leave(int32_t number) {
  SOCKET closing = INVALID_SOCKET;
  AcquireSRWLockExclusive(&sockets_lock);
  port_socket* socket = &sockets[number - TA_SOCKET_BASE];
  if (--socket->users == 0 && socket->closed) closing = take_away(socket);
  ReleaseSRWLockExclusive(&sockets_lock);
  if (closing != INVALID_SOCKET) closesocket(closing);
}

int64_t ta_socket_close(int32_t number) {
  SOCKET closing = INVALID_SOCKET;
  AcquireSRWLockExclusive(&sockets_lock);
  port_socket* socket = at(number);
  if (socket != NULL) closing = take_away(socket);
  ReleaseSRWLockExclusive(&sockets_lock);
  // What is in progress on it ends, each with its packet.
  if (closing != INVALID_SOCKET) closesocket(closing);
  return socket == NULL ? UV_EBADF : 0;
}

void ta_socket_close_all(const ta_port* p) {
  for (int32_t index = 0; index < sockets_length; index++) {
    AcquireSRWLockShared(&sockets_lock);
    bool own = sockets[index].handle != INVALID_SOCKET && sockets[index].port == p;
    ReleaseSRWLockShared(&sockets_lock);
    if (own) ta_socket_close(TA_SOCKET_BASE + index);
  }
}
