// ⑥ native — Windows: sockets between port_sockets.c, socket_options.c and the port's threads.
#ifndef TRUEAIO_PORT_SOCKETS_H
#define TRUEAIO_PORT_SOCKETS_H
#include "port.h"
#include <mswsock.h>
#include <ws2tcpip.h>

// Numbers of sockets begin here: far above the descriptors that Windows' C library gives. src/driver/iocp/sockets.ts has the same.
#define TA_SOCKET_BASE 0x1000000
#define ta_socket_is_number(number) ((number) >= TA_SOCKET_BASE)

typedef struct {
  SOCKET handle;
  int family, type;
} ta_socket;

bool ta_socket_is_call(const ta_pool_submission* record);
ta_port_answer ta_socket_call(ta_port* port, port_slot* slot, int64_t* result);
int64_t ta_socket_end(ta_port* port, port_slot* slot);

// socket_numbers.c. The number of a socket, whose ends come to this port from now on; or a negative errno, and the socket is closed.
int64_t ta_socket_add(ta_port* port, SOCKET handle, int family, int type);
// Its handle, which stays open until `ta_socket_leave`. False: `error` says why.
bool ta_socket_enter(ta_port* port, int32_t number, ta_socket* found, int64_t* error);
void ta_socket_leave(int32_t number);
int64_t ta_socket_close(int32_t number);
void ta_socket_close_all(const ta_port* port);
bool ta_socket_is_open(int32_t number);

// socket_options.c. Level and name as Linux numbers them; results are 0 or a negative errno.
int64_t ta_socket_get_option(const ta_socket* socket, int level, int name, void* value, int32_t* length);
int64_t ta_socket_set_option(const ta_socket* socket, int level, int name, const void* value, int length);
#endif
