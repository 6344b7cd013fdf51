#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace diecast {

class DurableFile;

/// A tensor to be written: row-major, as many elements as its shape says.
struct TensorToWrite {
  std::string name;
  std::vector<std::size_t> shape;
  std::span<const float> data;
};

using SafetensorsMetadata = std::map<std::string, std::string>;

/// Writes tensors as a safetensors file (https://github.com/huggingface/safetensors, "Format"), in the order
/// given, the first one 64 bytes aligned; the same tensors always make the same bytes. `__metadata__` is
/// `metadata` and "format": "pt", without which some readers refuse the file. Returns when the content is on
/// the disk, with its XXH3-128 in hexadecimal. Throws Error(Fault::run) when the system does.
std::string write_safetensors(const std::filesystem::path& path, std::span<const TensorToWrite> tensors,
                              const SafetensorsMetadata& metadata = {});
/// ... into a file that the caller closes.
void write_safetensors(DurableFile& file, std::span<const TensorToWrite> tensors,
                       const SafetensorsMetadata& metadata = {});

/// A safetensors file opened for reading, its header checked in full. Every tensor is F32.
class SafetensorsFile {
 public:
  struct Tensor {
    std::string name;
    std::vector<std::size_t> shape;
    std::uint64_t offset;  ///< in the file, in bytes
    std::uint64_t bytes;
  };

  /// Throws Error(Fault::run) for a file that cannot be read, and for one whose header breaks the format: not
  /// JSON, another type, sizes that do not match shapes, tensors that overlap, leave holes or exceed the
  /// file.
  explicit SafetensorsFile(const std::filesystem::path& path);

  /// In the order of their data.
  const std::vector<Tensor>& tensors() const { return tensors_; }
  const SafetensorsMetadata& metadata() const { return metadata_; }

  /// Reads a tensor into `out`. Throws Error(Fault::run) when there is none of that name and shape.
  void read(std::string_view name, std::span<const std::size_t> shape, std::span<float> out);

 private:
  std::filesystem::path path_;
  std::ifstream file_;
  std::vector<Tensor> tensors_;
  SafetensorsMetadata metadata_;
};

}  // namespace diecast
