#include "quality/judge/net_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace moebench {
namespace {

// bits: in host order
AddressKind KindOfIp4(uint32_t bits) {
  const auto within = [bits](uint32_t network, int prefix) {
    return (bits ^ network) >> (32 - prefix) == 0;
  };
  if (within(0x7f000000, 8)) return AddressKind::kLoopback;
  if (within(0x0a000000, 8) || within(0xac100000, 12) || within(0xc0a80000, 16) ||
      within(0x64400000, 10)) {
    return AddressKind::kPrivate;
  }
  if (within(0xa9fe0000, 16) || within(0, 8) || bits >= 0xe0000000) return AddressKind::kForbidden;
  return AddressKind::kPublic;
}

AddressKind KindOfIp6(const in6_addr& ip) {
  if (IN6_IS_ADDR_V4MAPPED(&ip)) {
    uint32_t bits = 0;
    std::memcpy(&bits, ip.s6_addr + 12, sizeof bits);
    return KindOfIp4(ntohl(bits));
  }
  if (IN6_IS_ADDR_LOOPBACK(&ip)) return AddressKind::kLoopback;
  if ((ip.s6_addr[0] & 0xfe) == 0xfc) return AddressKind::kPrivate;
  // Global unicast is 2000::/3; 64:ff9b::/96 translates to any IPv4 address.
  return (ip.s6_addr[0] & 0xe0) == 0x20 ? AddressKind::kPublic : AddressKind::kForbidden;
}

}  // namespace

AddressKind KindOf(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in ip{};
    std::memcpy(&ip, address, sizeof ip);
    return KindOfIp4(ntohl(ip.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 ip{};
    std::memcpy(&ip, address, sizeof ip);
    return KindOfIp6(ip.sin6_addr);
  }
  return AddressKind::kForbidden;
}

std::string TextOf(const sockaddr* address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address->sa_family == AF_INET) {
    sockaddr_in ip{};
    std::memcpy(&ip, address, sizeof ip);
    inet_ntop(AF_INET, &ip.sin_addr, text.data(), text.size());
  } else if (address->sa_family == AF_INET6) {
    sockaddr_in6 ip{};
    std::memcpy(&ip, address, sizeof ip);
    inet_ntop(AF_INET6, &ip.sin6_addr, text.data(), text.size());
  }
  return text.data();
}

}  // namespace moebench
