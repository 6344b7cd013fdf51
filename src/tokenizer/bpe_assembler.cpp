#include "tokenizer/bpe_assembler.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>

#include "tokenizer/tokenizer_file.hpp"

namespace diecast {
namespace {

[[noreturn]] void refuse_bpe(const std::string& what, const std::string& where, const std::string& remedy) {
  throw Error(Fault::usage, what, where, remedy);
}

void check_bytes(const std::vector<std::string>& vocabulary, const std::string& where) {
  std::array<bool, 256> has_byte{};
  for (const std::string& bytes : vocabulary)
    if (bytes.size() == 1) has_byte[static_cast<unsigned char>(bytes[0])] = true;
  const auto missing = std::ranges::find(has_byte, false) - has_byte.begin();
  if (missing < 256)
    refuse_bpe("no token for the byte " + quoted(spell_bytes(std::string(1, static_cast<char>(missing)))), where,
               "use a tokenizer that was trained with the byte-level alphabet");
}

}  // namespace

void BpeAssembler::add_entry(const std::string& spelling, const nlohmann::json& id, const std::string& where) {
  const auto bytes = entries_.find(spelling) ? spelling : bytes_spelled_by(spelling);
  if (!bytes) refuse_bpe("a token is not spelled in GPT-2's byte alphabet", where, "use a byte-level tokenizer");
  entries_.add(spelling, *bytes, id, where);
}

void BpeAssembler::add_merge(const std::string& left, const std::string& right, const std::string& where) {
  const Merge merge{.left = find(left, where), .right = find(right, where), .product = find(left + right, where)};
  // An added token may be spelled like the product and be other bytes.
  if (entries_.text(merge.product) != entries_.text(merge.left) + entries_.text(merge.right))
    refuse_bpe("an added token is spelled " + quoted(left + right), where, "remove the merge or the added token");
  merges_.push_back(merge);
}

Token BpeAssembler::find(const std::string& spelling, const std::string& where) const {
  const auto token = entries_.find(spelling);
  if (!token) refuse_bpe("no token is spelled " + quoted(spelling), where, "add it to the vocabulary or remove the merge");
  return *token;
}

BpeTokenizer BpeAssembler::assemble(const std::string& where_entries, const std::string& where_special) const {
  std::vector<std::string> vocabulary = entries_.texts(where_entries);
  check_bytes(vocabulary, where_entries);
  const auto end = entries_.find(std::string(kEndOfText));
  if (!end || vocabulary[*end] != kEndOfText)
    refuse_bpe("no end-of-text token", where_special, "add " + quoted(std::string(kEndOfText)));
  return BpeTokenizer(std::move(vocabulary), merges_, *end);
}

}  // namespace diecast
