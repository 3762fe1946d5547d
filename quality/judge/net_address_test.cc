#include "quality/judge/net_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

namespace moebench {
namespace {

AddressKind KindOfText(const char* text) {
  sockaddr_storage storage{};
  auto* ip4 = reinterpret_cast<sockaddr_in*>(&storage);
  auto* ip6 = reinterpret_cast<sockaddr_in6*>(&storage);
  if (inet_pton(AF_INET, text, &ip4->sin_addr) == 1) {
    storage.ss_family = AF_INET;
  } else {
    EXPECT_EQ(inet_pton(AF_INET6, text, &ip6->sin6_addr), 1) << text;
    storage.ss_family = AF_INET6;
  }
  return KindOf(reinterpret_cast<const sockaddr*>(&storage));
}

TEST(NetAddress, KindsAreThoseOfTheRegistry) {
  for (const char* text : {"127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"}) {
    EXPECT_EQ(KindOfText(text), AddressKind::kLoopback) << text;
  }
  for (const char* text : {"10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
                           "fd00::1", "::ffff:10.0.0.1"}) {
    EXPECT_EQ(KindOfText(text), AddressKind::kPrivate) << text;
  }
  for (const char* text : {"169.254.169.254", "0.0.0.0", "224.0.0.1", "255.255.255.255", "fe80::1",
                           "::", "ff02::1", "64:ff9b::a00:1", "::ffff:169.254.169.254"}) {
    EXPECT_EQ(KindOfText(text), AddressKind::kForbidden) << text;
  }
  for (const char* text : {"8.8.8.8", "172.32.0.1", "2606:4700::1111"}) {
    EXPECT_EQ(KindOfText(text), AddressKind::kPublic) << text;
  }
}

}  // namespace
}  // namespace moebench
