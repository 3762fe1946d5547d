// What kind of network an address belongs to (RFC 6890): decides whom a judge's URL may reach.
#pragma once

#include <sys/socket.h>

#include <string>

namespace moebench {

enum class AddressKind {
  kPublic,
  kLoopback,   // 127/8, ::1
  kPrivate,    // 10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7
  kForbidden,  // link-local (cloud metadata), unspecified, multicast, reserved, other families
};
// The whole address of its family lies behind the pointer.
AddressKind KindOf(const sockaddr* address);

std::string TextOf(const sockaddr* address);  // "169.254.169.254"

}  // namespace moebench
