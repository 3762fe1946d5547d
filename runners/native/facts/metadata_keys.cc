#include "runners/native/facts/metadata_keys.h"

#include <fmt/format.h>

#include <algorithm>

namespace moebench {

std::string Keys::Name(std::string_view key) const { return fmt::format("{}.{}", prefix_, key); }

int Keys::Checked(std::string_view key, int64_t value, int least, int most) const {
  if (value < least || value > most) {
    file_.Fail(fmt::format("metadata '{}' is {}, not {} to {}", Name(key), value, least, most));
  }
  return static_cast<int>(value);
}

int Keys::Int(std::string_view key, int most) const {
  return Checked(key, file_.GetInt(Name(key)), 1, most);
}

int Keys::IntOr(std::string_view key, int absent, int most) const {
  return Checked(key, file_.GetInt(Name(key), absent), 0, most);
}

std::vector<int> Keys::PerLayer(std::string_view key, int n_layers, int least, int most) const {
  const std::vector<int64_t> values = file_.GetInts(Name(key));
  const std::size_t n = static_cast<std::size_t>(n_layers);
  if (!file_.FindValue(Name(key))->is_array) {
    return std::vector<int>(n, Checked(key, values.front(), least, most));
  }
  if (values.size() != n) {
    file_.Fail(fmt::format("metadata '{}' has {} elements for {} layers", Name(key), values.size(),
                           n_layers));
  }
  std::vector<int> checked;
  for (const int64_t value : values) checked.push_back(Checked(key, value, least, most));
  return checked;
}

int Keys::SameInAllLayers(std::string_view key, int n_layers, int most) const {
  const std::vector<int> values = PerLayer(key, n_layers, 0, most);
  const auto other =
      std::find_if(values.begin(), values.end(), [&](int each) { return each != values.front(); });
  if (other != values.end()) {
    file_.Fail(
        fmt::format("metadata '{}' is {} in layer 0 but {} in layer {}: layers that differ "
                    "are not supported",
                    Name(key), values.front(), *other, other - values.begin()));
  }
  return Checked(key, values.front(), 1, most);
}

double Keys::InRange(std::string_view key, double value, double least, double most) const {
  if (!(value >= least && value <= most)) {
    file_.Fail(fmt::format("metadata '{}' is {}, not {} to {}", Name(key), value, least, most));
  }
  return value;
}

double Keys::Float(std::string_view key, double least, double most) const {
  return InRange(key, file_.GetFloat(Name(key)), least, most);
}

double Keys::FloatOr(std::string_view key, double absent, double least, double most) const {
  return InRange(key, file_.GetFloat(Name(key), absent), least, most);
}

}  // namespace moebench
