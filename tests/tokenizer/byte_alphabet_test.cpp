#include <set>
#include <string>

#include <doctest/doctest.h>

#include <diecast/tokenizer/byte_alphabet.hpp>

using namespace diecast;

namespace {

std::string every_byte() {
  std::string bytes;
  for (int byte = 0; byte < 256; ++byte) bytes += static_cast<char>(byte);
  return bytes;
}

}  // namespace

TEST_CASE("every byte has a spelling of its own that leads back to it") {
  std::set<std::string> spellings;
  for (const char byte : every_byte()) {
    const auto spelling = spell_bytes(std::string(1, byte));
    spellings.insert(spelling);
    CHECK(bytes_spelled_by(spelling) == std::string(1, byte));
  }
  CHECK(spellings.size() == 256);
  CHECK(bytes_spelled_by(spell_bytes(every_byte())) == every_byte());
}

TEST_CASE("bytes are spelled as GPT-2 spells them") {
  CHECK(spell_bytes("Hi!") == "Hi!");
  CHECK(spell_bytes(" \n\t") == "ĠĊĉ");
  CHECK(spell_bytes("é") == "Ã©");
  CHECK(spell_bytes("\x7F\xAD\xFF") == "ġŃÿ");
}

TEST_CASE("characters outside the alphabet spell nothing") {
  for (const auto* spelling : {"a b", "日", "\xC5", "\xFF", "ń"}) {
    CAPTURE(spelling);
    CHECK_FALSE(bytes_spelled_by(spelling));
  }
}

TEST_CASE("the alphabet is in the order of its characters") {
  std::string previous;
  for (const auto byte : byte_alphabet()) {
    const auto spelling = spell_bytes(std::string(1, static_cast<char>(byte)));
    CHECK(previous < spelling);  // UTF-8 sorts as code points do
    previous = spelling;
  }
}
