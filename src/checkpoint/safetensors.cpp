#include <diecast/checkpoint/safetensors.hpp>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <stdexcept>
#include <system_error>

#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>

#include "core/durable_file.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;
static_assert(std::endian::native == std::endian::little,
              "safetensors: the format is little-endian, convert here");

constexpr std::uint64_t kLengthBytes = 8;          // the header's length comes first
constexpr std::uint64_t kMaxHeader = 100'000'000;  // the reference reader's limit
constexpr std::size_t kDataAlignment = 64;

// What is wrong with a header; the file's name is added by who knows it.
struct Damage {
  std::string reason;
};

std::optional<std::uint64_t> element_count(std::span<const std::size_t> shape) {
  std::uint64_t count = 1;
  for (const std::size_t extent : shape) {
    if (extent != 0 && count > std::numeric_limits<std::uint64_t>::max() / sizeof(float) / extent)
      return std::nullopt;
    count *= extent;
  }
  return count;
}

std::string header_of(std::span<const TensorToWrite> tensors, const SafetensorsMetadata& metadata) {
  ordered_json header;
  header["__metadata__"] = metadata;
  header["__metadata__"]["format"] = "pt";
  std::uint64_t offset = 0;
  for (const TensorToWrite& tensor : tensors) {
    if (element_count(tensor.shape) != tensor.data.size() || header.contains(tensor.name))
      throw std::invalid_argument("write_safetensors: wrong size or second tensor of the name: " +
                                  tensor.name);
    const std::uint64_t end = offset + tensor.data.size_bytes();
    header[tensor.name] = {{"dtype", "F32"}, {"shape", tensor.shape}, {"data_offsets", {offset, end}}};
    offset = end;
  }
  std::string text = json_text(header);
  text.resize(
      (kLengthBytes + text.size() + kDataAlignment - 1) / kDataAlignment * kDataAlignment - kLengthBytes,
      ' ');
  return text;
}

void write_all(DurableFile& file, const std::string& header, std::span<const TensorToWrite> tensors) {
  const std::uint64_t length = header.size();
  file.write(std::as_bytes(std::span(&length, 1)));
  file.write(header);
  for (const TensorToWrite& tensor : tensors) file.write(std::as_bytes(tensor.data));
}

std::vector<std::uint64_t> numbers(const json& entry, const char* key, const std::string& name) {
  const auto found = entry.find(key);
  const bool valid =
      found != entry.end() && found->is_array() &&
      std::all_of(found->begin(), found->end(), [](const json& n) { return n.is_number_unsigned(); });
  if (!valid) throw Damage{name + " has no proper " + key};
  return found->get<std::vector<std::uint64_t>>();
}

SafetensorsFile::Tensor parse_tensor(const std::string& name, const json& entry) {
  const std::string quoted = "tensor " + json_text(name);  // control characters escaped
  if (!entry.is_object() || entry.value("dtype", json()) != "F32") throw Damage{quoted + " is not F32"};
  SafetensorsFile::Tensor tensor{name, numbers(entry, "shape", quoted), 0, 0};
  const auto offsets = numbers(entry, "data_offsets", quoted);
  const auto count = element_count(tensor.shape);
  if (offsets.size() != 2 || offsets[0] > offsets[1]) throw Damage{quoted + " has no proper data_offsets"};
  tensor.offset = offsets[0];
  tensor.bytes = offsets[1] - offsets[0];
  if (!count || *count * sizeof(float) != tensor.bytes)
    throw Damage{"the size of " + quoted + " is not that of its shape"};
  return tensor;
}

SafetensorsMetadata parse_metadata(const json& entry) {
  if (!entry.is_object() ||
      !std::all_of(entry.begin(), entry.end(), [](const json& v) { return v.is_string(); }))
    throw Damage{"__metadata__ is not an object of strings"};
  return entry.get<SafetensorsMetadata>();
}

// Tensors must cover the data exactly: the next begins where one ends, the last ends with the file.
void check_layout(std::vector<SafetensorsFile::Tensor>& tensors, std::uint64_t data_begin,
                  std::uint64_t data_bytes) {
  std::sort(tensors.begin(), tensors.end(), [](const auto& a, const auto& b) {
    return std::pair(a.offset, a.bytes) < std::pair(b.offset, b.bytes);
  });
  std::uint64_t end = 0;
  for (auto& tensor : tensors) {
    if (tensor.offset != end) throw Damage{"its tensors overlap or leave a hole"};
    end += tensor.bytes;
    if (end > data_bytes) throw Damage{"it is truncated"};
    tensor.offset += data_begin;
  }
  if (end != data_bytes) throw Damage{"it has bytes that belong to no tensor"};
}

// The header's text. `file_bytes` is the size of the whole file.
std::string read_header(std::ifstream& file, std::uint64_t file_bytes) {
  std::uint64_t length = 0;
  std::array<char, kLengthBytes> prefix{};
  if (!file.read(prefix.data(), prefix.size())) throw Damage{"it has no header"};
  std::memcpy(&length, prefix.data(), prefix.size());
  if (length > kMaxHeader || length > file_bytes - kLengthBytes)
    throw Damage{"its header is longer than it can be"};
  std::string header(length, '\0');
  if (!file.read(header.data(), static_cast<std::streamsize>(length)))
    throw Damage{"its header cannot be read"};
  return header;
}

}  // namespace

void write_safetensors(DurableFile& file, std::span<const TensorToWrite> tensors,
                       const SafetensorsMetadata& metadata) {
  write_all(file, header_of(tensors, metadata), tensors);
}

std::string write_safetensors(const std::filesystem::path& path, std::span<const TensorToWrite> tensors,
                              const SafetensorsMetadata& metadata) {
  const std::string header = header_of(tensors, metadata);
  DurableFile file(path);
  write_all(file, header, tensors);
  return file.close();
}

SafetensorsFile::SafetensorsFile(const std::filesystem::path& path)
    : path_(path), file_(path, std::ios::binary) {
  std::error_code error;
  const std::uint64_t bytes = std::filesystem::file_size(path, error);
  if (error) throw Error(Fault::run, "cannot read the file: " + error.message(), path.string());
  if (!file_)
    throw Error(Fault::run, "cannot read the file: " + std::generic_category().message(errno), path.string());
  try {
    const std::string text = read_header(file_, bytes);
    const json header = json::parse(text, nullptr, false);
    if (!text.starts_with('{') || !header.is_object()) throw Damage{"its header is not a JSON object"};
    for (const auto& [name, entry] : header.items()) {
      if (name == "__metadata__")
        metadata_ = parse_metadata(entry);
      else
        tensors_.push_back(parse_tensor(name, entry));
    }
    const std::uint64_t data_begin = kLengthBytes + text.size();
    check_layout(tensors_, data_begin, bytes - data_begin);
  } catch (const Damage& damage) {
    throw Error(Fault::run, "not a valid safetensors file: " + damage.reason, path.string(),
                "replace it by an intact copy");
  }
}

void SafetensorsFile::read(std::string_view name, std::span<const std::size_t> shape, std::span<float> out) {
  const auto tensor =
      std::find_if(tensors_.begin(), tensors_.end(), [&](const Tensor& t) { return t.name == name; });
  if (tensor == tensors_.end() || !std::ranges::equal(tensor->shape, shape) ||
      tensor->bytes != out.size_bytes())
    throw Error(Fault::run, "no tensor \"" + std::string(name) + "\" of the shape the model has",
                path_.string(), "use a file of the same model");
  file_.clear();
  file_.seekg(static_cast<std::streamoff>(tensor->offset));
  if (!file_.read(reinterpret_cast<char*>(out.data()), static_cast<std::streamsize>(tensor->bytes)))
    throw Error(Fault::run, "cannot read tensor \"" + std::string(name) + "\"", path_.string(),
                "replace it by an intact copy");
}

}  // namespace diecast
