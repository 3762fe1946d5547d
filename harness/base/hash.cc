#include "harness/base/hash.h"

#include <openssl/evp.h>

#include <fstream>
#include <memory>
#include <vector>

#include "harness/base/error.h"

namespace moebench {
namespace {

using Context = std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)>;

Context NewSha256() {
  Context context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  CHECK(context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1);
  return context;
}

std::string FinishHex(EVP_MD_CTX* context) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  CHECK(EVP_DigestFinal_ex(context, digest, &size) == 1);
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) {
    hex += kHex[digest[i] >> 4];
    hex += kHex[digest[i] & 15];
  }
  return hex;
}

}  // namespace

std::string Sha256Hex(std::string_view bytes) {
  Context context = NewSha256();
  CHECK(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  return FinishHex(context.get());
}

std::string Sha256OfFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error{"can't be opened", path.string(), "check the path and its permissions"};
  Context context = NewSha256();
  std::vector<char> buffer(1 << 20);
  while (file) {
    file.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    CHECK(EVP_DigestUpdate(context.get(), buffer.data(), static_cast<size_t>(file.gcount())) == 1);
  }
  if (file.bad()) throw Error{"can't be read", path.string(), "", ExitCode::kIo};
  return FinishHex(context.get());
}

std::string Hex16(uint64_t value) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string hex(16, '0');
  for (size_t i = 16; i-- > 0; value >>= 4) hex[i] = kHex[value & 15];
  return hex;
}

}  // namespace moebench
