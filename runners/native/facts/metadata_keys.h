// Metadata of one architecture, by keys without its prefix, every value held against a range.
//   Keys keys(file);
//   int layers = keys.Int("block_count", kMaxLayers);
// All methods throw Error naming the whole key and its value. Borrows the file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "runners/native/gguf/gguf_file.h"

namespace moebench {

class Keys {
 public:
  explicit Keys(const GgufFile& file) : file_(file), prefix_(file.architecture()) {}

  const GgufFile& file() const { return file_; }
  std::string Name(std::string_view key) const;
  bool Has(std::string_view key) const { return file_.Has(Name(key)); }

  int Int(std::string_view key, int most) const;                // 1 to most
  int IntOr(std::string_view key, int absent, int most) const;  // 0 to most
  // A scalar, or an array of one number for each layer.
  std::vector<int> PerLayer(std::string_view key, int n_layers, int least, int most) const;
  // The same, refused unless it says one number for all layers.
  int SameInAllLayers(std::string_view key, int n_layers, int most) const;
  double Float(std::string_view key, double least, double most) const;
  double FloatOr(std::string_view key, double absent, double least, double most) const;

 private:
  int Checked(std::string_view key, int64_t value, int least, int most) const;
  double InRange(std::string_view key, double value, double least, double most) const;

  const GgufFile& file_;
  std::string prefix_;
};

}  // namespace moebench
