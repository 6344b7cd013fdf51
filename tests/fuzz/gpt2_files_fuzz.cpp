// GPT-2's two files, with a zero byte between them: a tokenizer that is read gives a text back as it was.
#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>
#include <diecast/tokenizer/gpt2_files.hpp>

#include "tests/fuzz/fuzz_target.hpp"
#include "tests/fuzz/memory_file.hpp"

using namespace diecast;

std::vector<std::string> fuzz::seeds() {
  nlohmann::ordered_json vocabulary;
  std::size_t id = 0;
  for (const auto byte : byte_alphabet()) vocabulary[spell_bytes(std::string(1, static_cast<char>(byte)))] = id++;
  for (const char* text : {"th", "the", "<|endoftext|>"}) vocabulary[text] = id++;
  return {vocabulary.dump() + std::string(1, '\0') + "#version: 0.2\nt h\nth e\n"};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes = fuzz::bytes_of(data, size);
  const std::size_t middle = std::min(bytes.find('\0'), bytes.size());
  const fuzz::MemoryFile vocabulary(bytes.substr(0, middle));
  const fuzz::MemoryFile merges(bytes.substr(std::min(middle + 1, bytes.size())));
  try {
    const auto tokenizer = load_gpt2_files(vocabulary.path(), merges.path());
    const std::string text = "the other 12 \xE2\x82\xAC\n\xFF thethe";
    std::vector<Token> tokens;
    tokenizer.encode(text, tokens);
    fuzz::require(tokenizer.decode(tokens) == text);
  } catch (const Error& error) {
    fuzz::require(error.fault() == Fault::usage);
  }
  return 0;
}
