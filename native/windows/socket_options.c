// ⑥ native — Windows: options of sockets, whose levels and names the engine numbers as Linux does.
#include "port_sockets.h"
#include <string.h>

#define LINUX_SOL_SOCKET 1
#define LINUX_SO_REUSEADDR 2
#define LINUX_SO_TYPE 3
#define LINUX_SO_ERROR 4
#define LINUX_SO_LINGER 13
#define LINUX_SO_DOMAIN 39
#define LINUX_AF_INET6 10

typedef struct {
  int linux_level, linux_name, level, name;
} option;

static const option options[] = {
  {1, 2, SOL_SOCKET, SO_REUSEADDR}, {1, 3, SOL_SOCKET, SO_TYPE}, {1, 4, SOL_SOCKET, SO_ERROR}, {1, 6, SOL_SOCKET, SO_BROADCAST},
  {1, 7, SOL_SOCKET, SO_SNDBUF}, {1, 8, SOL_SOCKET, SO_RCVBUF}, {1, 9, SOL_SOCKET, SO_KEEPALIVE}, {1, 13, SOL_SOCKET, SO_LINGER}, {1, 30, SOL_SOCKET, SO_ACCEPTCONN},
  {0, 1, IPPROTO_IP, IP_TOS}, {0, 2, IPPROTO_IP, IP_TTL}, {0, 32, IPPROTO_IP, IP_MULTICAST_IF}, {0, 33, IPPROTO_IP, IP_MULTICAST_TTL},
  {0, 34, IPPROTO_IP, IP_MULTICAST_LOOP}, {0, 35, IPPROTO_IP, IP_ADD_MEMBERSHIP}, {0, 36, IPPROTO_IP, IP_DROP_MEMBERSHIP},
  {6, 1, IPPROTO_TCP, TCP_NODELAY}, {6, 4, IPPROTO_TCP, 3 /* TCP_KEEPIDLE */}, {6, 5, IPPROTO_TCP, 17 /* TCP_KEEPINTVL */}, {6, 6, IPPROTO_TCP, 16 /* TCP_KEEPCNT */},
  {41, 16, IPPROTO_IPV6, IPV6_UNICAST_HOPS}, {41, 17, IPPROTO_IPV6, IPV6_MULTICAST_IF}, {41, 18, IPPROTO_IPV6, IPV6_MULTICAST_HOPS},
  {41, 19, IPPROTO_IPV6, IPV6_MULTICAST_LOOP}, {41, 20, IPPROTO_IPV6, IPV6_ADD_MEMBERSHIP}, {41, 21, IPPROTO_IPV6, IPV6_DROP_MEMBERSHIP}, {41, 26, IPPROTO_IPV6, IPV6_V6ONLY},
};

static const option* find(int level, int name) {
  for (size_t index = 0; index < sizeof options / sizeof *options; index++) {
    if (options[index].linux_level == level && options[index].linux_name == name) return &options[index];
  }
  return NULL;
}

int64_t ta_socket_set_option(const ta_socket* socket, int level, int name, const void* value, int length) {
  const option* known = find(level, name);
  struct linger linger;
  if (known == NULL) return UV_ENOPROTOOPT;
  // Of streams it means on Windows that others may take the port away. What it is for on Linux is so there without it.
  if (level == LINUX_SOL_SOCKET && name == LINUX_SO_REUSEADDR && socket->type == SOCK_STREAM) return 0;
  if (level == LINUX_SOL_SOCKET && name == LINUX_SO_LINGER) {
    if (length < 8) return UV_EINVAL;
    linger = (struct linger){(u_short)((const int32_t*)value)[0], (u_short)((const int32_t*)value)[1]};
    value = &linger;
    length = sizeof linger;
  }
  return setsockopt(socket->handle, known->level, known->name, value, length) == 0 ? 0 : uv_translate_sys_error(WSAGetLastError());
}

int64_t ta_socket_get_option(const ta_socket* socket, int level, int name, void* value, int32_t* length) {
  const option* known = find(level, name);
  int32_t* number = value;
  if (level == LINUX_SOL_SOCKET && name == LINUX_SO_DOMAIN && *length >= 4) {
    *number = socket->family == AF_INET6 ? LINUX_AF_INET6 : socket->family;
    *length = 4;
    return 0;
  }
  if (known == NULL) return UV_ENOPROTOOPT;
  if (level == LINUX_SOL_SOCKET && name == LINUX_SO_LINGER) {
    struct linger linger;
    int bytes = sizeof linger;
    if (*length < 8) return UV_EINVAL;
    if (getsockopt(socket->handle, SOL_SOCKET, SO_LINGER, (char*)&linger, &bytes) != 0) return uv_translate_sys_error(WSAGetLastError());
    number[0] = linger.l_onoff;
    number[1] = linger.l_linger;
    *length = 8;
    return 0;
  }
  int32_t room = *length;
  if (getsockopt(socket->handle, known->level, known->name, value, length) != 0) return uv_translate_sys_error(WSAGetLastError());
  // Some tell a byte, where Linux has an integer.
  if (*length < 4 && room >= 4) {
    memset((char*)value + *length, 0, (size_t)(4 - *length));
    *length = 4;
  }
  if (level == LINUX_SOL_SOCKET && name == LINUX_SO_ERROR && *number != 0) *number = -uv_translate_sys_error(*number);
  return 0;
}
