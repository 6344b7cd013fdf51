// tokenizer.json: a tokenizer that is read gives a text back as it was.
#include <diecast/core/error.hpp>
#include <diecast/tokenizer/tokenizer_json.hpp>

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/memory_file.hpp"
#include "tests/temporary_folder.hpp"

using namespace diecast;

std::vector<std::string> fuzz::seeds() {
  std::vector<std::string> vocabulary{std::string(kEndOfText)};
  for (int byte = 0; byte < 256; ++byte) vocabulary.emplace_back(1, static_cast<char>(byte));
  vocabulary.insert(vocabulary.end(), {"th", "the", " the"});
  const auto byte_token = [](char byte) { return Token{1} + static_cast<unsigned char>(byte); };
  const BpeTokenizer tokenizer(std::move(vocabulary),
                               {{.left = byte_token('t'), .right = byte_token('h'), .product = 257},
                                {.left = 257, .right = byte_token('e'), .product = 258},
                                {.left = byte_token(' '), .right = 258, .product = 259}},
                               0);
  const testing::TemporaryFolder folder;
  save_tokenizer_json(tokenizer, folder / "tokenizer.json");
  return {testing::read_file(folder / "tokenizer.json")};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::bytes_of(data, size));
  try {
    const auto tokenizer = load_tokenizer_json(file.path());
    const std::string text = "the other 12 \xE2\x82\xAC\n\xFF thethe";
    std::vector<Token> tokens;
    tokenizer.encode(text, tokens);
    fuzz::require(tokenizer.decode(tokens) == text);
  } catch (const Error& error) {
    fuzz::require(error.fault() == Fault::usage);
  }
  return 0;
}
