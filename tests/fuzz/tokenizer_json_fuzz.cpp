// tokenizer.json of every kind: what is read encodes to ids of its own, and gives a text back as it was if it says so.
#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe.hpp>
#include <diecast/tokenizer/char_tokenizer.hpp>
#include <diecast/tokenizer/load.hpp>
#include <diecast/tokenizer/word_tokenizer.hpp>

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
  const WordTokenizer words({"<pad>", "<unk>", "<bos>", "<eos>", "the", "other"});
  const CharTokenizer characters({std::string(kEndOfText), "<unk>", "t", "h", "\xE2\x82\xAC"});
  std::vector<std::string> seeds;
  for (const Tokenizer* of_a_kind : std::initializer_list<const Tokenizer*>{&tokenizer, &words, &characters}) {
    const testing::TemporaryFolder folder;
    save_tokenizer(*of_a_kind, folder / "tokenizer.json");
    seeds.push_back(testing::read_file(folder / "tokenizer.json"));
  }
  return seeds;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const fuzz::MemoryFile file(fuzz::bytes_of(data, size));
  try {
    const auto tokenizer = load_tokenizer(file.path());
    const std::string text = "the other 12 \xE2\x82\xAC\n\xFF thethe";
    std::vector<Token> tokens;
    tokenizer->encode(text, tokens);
    const std::string decoded = tokenizer->decode(tokens);
    fuzz::require(!tokenizer->is_lossless() || decoded == text);
  } catch (const Error& error) {
    fuzz::require(error.fault() == Fault::usage);
  }
  return 0;
}
