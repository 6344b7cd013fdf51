// Token shards of every format: what opens has documents and ids that can be read to the last, within its vocabulary
// once it is verified.
#include <vector>

#include <diecast/core/error.hpp>

#include "data/token_shard.hpp"
#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;

namespace {

constexpr std::uint64_t kVocabSize = 300;

std::string number(std::uint32_t value) {
  std::string bytes;
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(value >> shift);
  return bytes;
}

// A shard of llm.c with three ids.
std::string llmc_shard(std::uint32_t magic, std::uint32_t version, const std::string& ids) {
  std::string bytes = number(magic) + number(version) + number(3);
  bytes.resize(1024);
  return bytes + ids;
}

}  // namespace

std::vector<std::string> fuzz::seeds() {
  const testing::TemporaryFolder folder;
  ShardWriter writer(folder / "a.bin", {.tokenizer_kind = "bpe", .tokenizer_hash = 1, .vocab_size = kVocabSize,
                                        .end_of_text = 0, .sources_hash = 2});
  const std::vector<Token> tokens{1, 2, 299, 0};
  writer.add(tokens, "first", 7, 9);
  writer.add(tokens, "second", 8, 9);
  writer.close();
  return {testing::read_file(folder / "a.bin"), llmc_shard(20240520, 1, std::string("\1\0\2\0\3\0", 6)),
          llmc_shard(20240801, 7, number(1) + number(2) + number(3)), std::string("\1\0\2\0", 4)};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::bytes_of(data, size));
  static ThreadPool pool(1);
  try {
    TokenShard shard(file.path());
    for (std::uint64_t i = 0; i < shard.documents(); ++i) {
      const ShardDocument document = shard.document(i);
      fuzz::require(document.first <= document.end && document.end <= shard.size());
    }
    shard.verify(pool, kVocabSize);
    std::vector<Token> ids(shard.size());
    shard.copy(0, ids);
    for (const Token id : ids) fuzz::require(id < kVocabSize);
  } catch (const Error&) {
    // Of either fault: a shard that is damaged, or no shard.
  }
  return 0;
}
