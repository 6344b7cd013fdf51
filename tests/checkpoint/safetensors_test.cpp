#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/safetensors.hpp>
#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>

#include "tests/temporary_folder.hpp"

using namespace diecast;
using diecast::testing::read_file;
using diecast::testing::TemporaryFolder;
using diecast::testing::write_file;

namespace {

const std::vector<float> kMatrix{1.0f, -2.5f, 3e-30f, 0.0f, 1e30f, -0.0f};
const std::vector<float> kBias{7.0f};

std::vector<TensorToWrite> two_tensors() { return {{"b.weight", {2, 3}, kMatrix}, {"a.bias", {1}, kBias}}; }

std::string file_of(std::string header, std::size_t data_bytes) {
  std::uint64_t length = header.size();
  std::string bytes(sizeof length, '\0');
  std::memcpy(bytes.data(), &length, sizeof length);
  return bytes + header + std::string(data_bytes, '\0');
}

std::vector<float> read_values(SafetensorsFile& file, const SafetensorsFile::Tensor& tensor) {
  std::vector<float> values(tensor.bytes / sizeof(float));
  file.read(tensor.name, tensor.shape, values);
  return values;
}

// Opens a file and reads all it says it has. False when that ends in an Error, which must be one line.
bool readable(const std::filesystem::path& path) {
  try {
    SafetensorsFile file(path);
    for (const auto& tensor : file.tensors()) read_values(file, tensor);
    return true;
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::run);
    CHECK(std::string(error.what()).find('\n') == std::string::npos);
    return false;
  }
}

std::string refusal(const TemporaryFolder& folder, const std::string& header, std::size_t data_bytes) {
  write_file(folder / "t.safetensors", file_of(header, data_bytes));
  try {
    SafetensorsFile file(folder / "t.safetensors");
  } catch (const Error& error) {
    return error.what();
  }
  return "accepted";
}

}  // namespace

TEST_CASE("tensors and metadata come back as they were written") {
  TemporaryFolder folder;
  write_safetensors(folder / "t.safetensors", two_tensors(), {{"run", "line\nbreak"}});
  SafetensorsFile file(folder / "t.safetensors");
  REQUIRE(file.tensors().size() == 2);
  CHECK(file.tensors()[0].name == "b.weight");
  CHECK(file.tensors()[0].shape == std::vector<std::size_t>{2, 3});
  CHECK(read_values(file, file.tensors()[1]) == kBias);
  CHECK(read_values(file, file.tensors()[0]) == kMatrix);
  CHECK(file.metadata() == SafetensorsMetadata{{"format", "pt"}, {"run", "line\nbreak"}});
}

TEST_CASE("the file is the format to the byte") {
  TemporaryFolder folder;
  write_safetensors(folder / "t.safetensors", two_tensors());
  const std::string bytes = read_file(folder / "t.safetensors");
  const std::string header =
      R"({"__metadata__":{"format":"pt"},"b.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("a.bias":{"dtype":"F32","shape":[1],"data_offsets":[24,28]}})";
  CHECK(bytes.substr(8, header.size()) == header);
  const std::size_t data = (8 + header.size() + 63) / 64 * 64;
  CHECK(bytes.substr(0, 8) == file_of(std::string(data - 8, ' '), 0).substr(0, 8));
  CHECK(bytes.substr(8 + header.size(), data - 8 - header.size()).find_first_not_of(' ') ==
        std::string::npos);
  REQUIRE(bytes.size() == data + 28);
  CHECK(std::memcmp(bytes.data() + data, kMatrix.data(), 24) == 0);
  CHECK(std::memcmp(bytes.data() + data + 24, kBias.data(), 4) == 0);
}

TEST_CASE("equal tensors make equal files and hashes, others do not") {
  TemporaryFolder folder;
  const auto first = write_safetensors(folder / "1", two_tensors());
  const auto second = write_safetensors(folder / "2", two_tensors());
  CHECK(first == second);
  CHECK(first.size() == 32);
  CHECK(read_file(folder / "1") == read_file(folder / "2"));
  CHECK(write_safetensors(folder / "3", two_tensors(), {{"step", "1"}}) != first);
}

TEST_CASE("scalars, empty tensors and an empty file are valid") {
  TemporaryFolder folder;
  const std::vector<TensorToWrite> tensors{{"empty", {0, 4}, {}}, {"scalar", {}, kBias}, {"none", {0}, {}}};
  write_safetensors(folder / "t", tensors);
  SafetensorsFile file(folder / "t");
  CHECK(file.tensors().size() == 3);
  CHECK(readable(folder / "t"));
  write_safetensors(folder / "empty", {});
  CHECK(SafetensorsFile(folder / "empty").tensors().empty());
}

TEST_CASE("a tensor is read by its name and shape only") {
  TemporaryFolder folder;
  write_safetensors(folder / "t", two_tensors());
  SafetensorsFile file(folder / "t");
  std::vector<float> out(6);
  const std::vector<std::size_t> shape{2, 3}, turned{3, 2};
  CHECK_THROWS_AS(file.read("c", shape, out), Error);
  CHECK_THROWS_AS(file.read("b.weight", turned, out), Error);
  CHECK_THROWS_AS(file.read("b.weight", shape, std::span(out).first(5)), Error);
  file.read("b.weight", shape, out);
  CHECK(out == kMatrix);
}

TEST_CASE("a tensor with too few elements or a name used twice is not written") {
  TemporaryFolder folder;
  const std::vector<TensorToWrite> short_one{{"a", {2}, kBias}};
  const std::vector<TensorToWrite> twice{{"a", {1}, kBias}, {"a", {1}, kBias}};
  CHECK_THROWS_AS(write_safetensors(folder / "t", short_one), std::invalid_argument);
  CHECK_THROWS_AS(write_safetensors(folder / "t", twice), std::invalid_argument);
  CHECK_FALSE(std::filesystem::exists(folder / "t"));
}

TEST_CASE("an unaligned header of another writer is read") {
  TemporaryFolder folder;
  write_file(folder / "t", file_of(R"({"a":{"shape":[2],"data_offsets":[0,8],"dtype":"F32"}} )", 8));
  CHECK(readable(folder / "t"));
}

TEST_CASE("a header that breaks the format is refused with the reason") {
  TemporaryFolder folder;
  const auto tensor = [](const std::string& dtype, const std::string& shape, const std::string& offsets) {
    return R"({"a":{"dtype":)" + dtype + R"(,"shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}";
  };
  struct Case {
    std::string header;
    std::size_t data_bytes;
    std::string reason;
  };
  const Case cases[] = {
      {"", 0, "not a JSON object"},
      {"{", 0, "not a JSON object"},
      {"[]", 0, "not a JSON object"},
      {" {}", 0, "not a JSON object"},
      {"{\"\xFF\":1}", 0, "not a JSON object"},
      {std::string(50000, '['), 0, "not a JSON object"},
      {"{}", 4, "belong to no tensor"},
      {R"({"a":1})", 4, "is not F32"},
      {R"({"a\n":null})", 4, R"("a\n" is not F32)"},
      {R"({"__metadata__":{"a":1}})", 0, "__metadata__"},
      {R"({"__metadata__":"pt"})", 0, "__metadata__"},
      {tensor(R"("BF16")", "[1]", "[0,2]"), 2, "is not F32"},
      {tensor("7", "[1]", "[0,4]"), 4, "is not F32"},
      {tensor(R"("F32")", "[-1]", "[0,4]"), 4, "no proper shape"},
      {tensor(R"("F32")", "[1.0]", "[0,4]"), 4, "no proper shape"},
      {tensor(R"("F32")", "1", "[0,4]"), 4, "no proper shape"},
      {tensor(R"("F32")", "[1]", "[0]"), 4, "no proper data_offsets"},
      {tensor(R"("F32")", "[1]", "[4,0]"), 4, "no proper data_offsets"},
      {tensor(R"("F32")", "[1]", "[0,99999999999999999999]"), 4, "no proper data_offsets"},
      {tensor(R"("F32")", "[2]", "[0,4]"), 4, "not that of its shape"},
      {tensor(R"("F32")", "[4611686018427387905]", "[0,4]"), 4, "not that of its shape"},
      {tensor(R"("F32")", "[4294967296,4294967297]", "[0,4]"), 4, "not that of its shape"},
      {tensor(R"("F32")", "[1]", "[0,4]"), 3, "truncated"},
      {tensor(R"("F32")", "[1]", "[0,4]"), 5, "belong to no tensor"},
      {tensor(R"("F32")", "[1]", "[4,8]"), 8, "overlap or leave a hole"},
      {tensor(R"("F32")", "[1]", "[18446744073709551611,18446744073709551615]"), 8,
       "overlap or leave a hole"},
      {R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
       R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
       8, "overlap or leave a hole"},
  };
  for (const Case& broken : cases) {
    CAPTURE(broken.header);
    const std::string text = refusal(folder, broken.header, broken.data_bytes);
    CAPTURE(text);
    CHECK(text.find(broken.reason) != std::string::npos);
  }
}

TEST_CASE("a header longer than the file or the format's limit is refused") {
  TemporaryFolder folder;
  for (const std::uint64_t length :
       {std::uint64_t{3}, std::uint64_t{100'000'001}, ~std::uint64_t{0}, ~std::uint64_t{0} - 7}) {
    std::string bytes = file_of("{}", 0);
    std::memcpy(bytes.data(), &length, sizeof length);
    write_file(folder / "t", bytes);
    CHECK_FALSE(readable(folder / "t"));
  }
}

TEST_CASE("a file that is missing or a folder is refused") {
  TemporaryFolder folder;
  CHECK_FALSE(readable(folder / "nowhere"));
  CHECK_FALSE(readable(folder.path()));
}

TEST_CASE("a file cut off anywhere is refused") {
  TemporaryFolder folder;
  write_safetensors(folder / "whole", two_tensors());
  const std::string bytes = read_file(folder / "whole");
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    CAPTURE(size);
    write_file(folder / "t", bytes.substr(0, size));
    CHECK_FALSE(readable(folder / "t"));
  }
}

TEST_CASE("no flipped bit makes reading leave the file") {
  TemporaryFolder folder;
  write_safetensors(folder / "whole", two_tensors());
  const std::string bytes = read_file(folder / "whole");
  for (std::size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    std::string flipped = bytes;
    flipped[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    write_file(folder / "t", flipped);
    readable(folder / "t");
  }
}

TEST_CASE("no random change of a header makes reading leave the file") {
  TemporaryFolder folder;
  write_safetensors(folder / "whole", two_tensors());
  const std::string bytes = read_file(folder / "whole");
  const std::string alphabet = "{}[]\",:0123456789-+.eE \\ntrufals";
  const Random random{1, 2};
  for (std::uint64_t trial = 0; trial < 2000; ++trial) {
    std::string changed = bytes;
    for (std::uint64_t i = 0; i <= trial % 4; ++i) {
      const std::uint64_t bits = random.bits(4 * trial + i);
      changed[8 + bits % 200] = alphabet[(bits >> 32) % alphabet.size()];
    }
    write_file(folder / "t", changed);
    readable(folder / "t");
  }
}
