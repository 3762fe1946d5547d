// Writes a GGUF v3 file of any size without holding it in memory.
//   GgufWriter writer("m.gguf");
//   writer.SetString("general.architecture", "qwen3moe");
//   const size_t norm = writer.AddTensor("output_norm.weight", TensorType::kF32, {2048});
//   writer.Begin();                    // checks the disk, writes the header
//   writer.WriteAt(norm, 0, bytes);    // any order, any thread, every byte once
//   writer.Commit();                   // the file appears under its name
// The bytes go to a temporary file beside the target; without Commit it is removed again. Not
// synced: what a crash of the machine takes can be made again. Only WriteAt is thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runners/native/gguf/gguf_value.h"
#include "runners/native/gguf/tensor_type.h"

namespace moebench {

class GgufWriter {
 public:
  explicit GgufWriter(std::filesystem::path path);
  GgufWriter(const GgufWriter&) = delete;
  GgufWriter& operator=(const GgufWriter&) = delete;
  ~GgufWriter();

  // Metadata, before Begin, in the order of the calls; each key once.
  void SetString(std::string_view key, std::string_view value);
  void SetUint32(std::string_view key, uint32_t value);
  void SetUint64(std::string_view key, uint64_t value);
  void SetFloat(std::string_view key, float value);
  void SetBool(std::string_view key, bool value);
  void SetStrings(std::string_view key, std::span<const std::string> values);
  void SetInts(std::string_view key, std::span<const int32_t> values);

  // Tensors lie in the file in the order of the calls. shape is GGML's ne: fastest dimension
  // first, a multiple of the type's block. Returns the index for WriteAt.
  size_t AddTensor(std::string_view name, TensorType type, std::vector<int64_t> shape);
  uint64_t TensorBytes(size_t index) const { return tensors_.at(index).size_bytes; }

  // What the file will take, header and padding included.
  uint64_t FileBytes() const;

  // Throws Error (ExitCode::kIo) if the folder can't be written or the disk has not the room.
  void Begin();
  void WriteAt(size_t index, uint64_t offset, std::span<const std::byte> bytes);
  void Commit();

 private:
  struct Tensor {
    std::string name;
    TensorType type;
    std::vector<int64_t> shape;
    uint64_t size_bytes, offset;  // offset from the start of the data
  };
  void AddEntry(std::string_view key, GgufValueType type, std::string_view value);
  std::string Header() const;  // padded to where the data begin
  void WriteBytes(uint64_t position, std::span<const std::byte> bytes) const;

  std::filesystem::path path_, temporary_;
  std::string entries_;
  uint64_t entry_count_ = 0;
  std::vector<Tensor> tensors_;
  uint64_t data_bytes_ = 0, data_begin_ = 0;
  int fd_ = -1;
};

}  // namespace moebench
