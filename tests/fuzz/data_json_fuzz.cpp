// data.json of prepared data: what is read is written again as what reads the same.
#include <diecast/core/error.hpp>
#include <diecast/data/prepared_data.hpp>

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;

std::vector<std::string> fuzz::seeds() {
  const DataDescription data{.identity = {.tokenizer_kind = "bpe", .tokenizer_hash = 0xABCDEF0123456789, .vocab_size = 300,
                                          .end_of_text = 1, .sources_hash = 17},
                             .sources = {"a.txt", "b \"c\".jsonl"},
                             .validation_fraction = 0.05,
                             .seed = 3,
                             .train = {{.file = "train-00000.shard", .tokens = 10, .documents = 2, .text_bytes = 40}},
                             .validation = {}};
  return {to_json(data)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const testing::TemporaryFolder folder;
  const auto read = [&](const std::string& json) {
    testing::write_file(folder / "data.json", json);
    return read_description(folder.path());
  };
  try {
    const std::string written = to_json(read(fuzz::bytes_of(data, size)));
    fuzz::require(to_json(read(written)) == written);
  } catch (const Error&) {
    // Damaged, or of another version.
  }
  return 0;
}
