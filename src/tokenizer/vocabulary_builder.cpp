#include <diecast/tokenizer/vocabulary_builder.hpp>

#include <optional>
#include <utility>
#include <vector>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/byte_tokenizer.hpp>
#include <diecast/tokenizer/char_tokenizer.hpp>
#include <diecast/tokenizer/piece_counter.hpp>
#include <diecast/tokenizer/word_tokenizer.hpp>

#include "core/utf8.hpp"

namespace diecast {
namespace {

std::optional<Cut> cut_of(const std::string& kind) {
  if (kind == "bpe") return Cut::gpt2;
  if (kind == "word") return Cut::words;
  if (kind == "char") return Cut::characters;
  return {};
}

std::size_t smallest_vocabulary(const std::string& kind) {
  return kind == "word" ? 5 : kind == "char" ? 3 : 257;
}

// `specials`, then pieces by frequency. Bytes that are not UTF-8 are no entries: no tokenizer.json can hold them.
std::vector<std::string> entries_by_frequency(std::vector<std::string> specials, const PieceCounter& counter,
                                              const VocabularyOptions& options) {
  std::vector<std::string> entries = std::move(specials);
  const std::size_t least = entries.size();
  for (const auto& [piece, count] : counter.sorted()) {
    if (entries.size() == options.size || count < options.min_frequency) break;
    if (is_utf8(piece)) entries.emplace_back(piece);
  }
  if (entries.size() == least)
    throw Error(Fault::usage, "the text has no " + options.kind + " to learn", "tokenizer",
                "give other text or a lower --min-frequency");
  return entries;
}

}  // namespace

struct VocabularyBuilder::Impl {
  VocabularyOptions options;
  std::optional<PieceCounter> counter;
};

VocabularyBuilder::VocabularyBuilder(const VocabularyOptions& options, ThreadPool& pool)
    : impl_(std::make_unique<Impl>()) {
  impl_->options = options;
  const std::size_t smallest = smallest_vocabulary(options.kind);
  if (options.size < smallest)
    throw Error(Fault::usage,
                "a vocabulary of " + std::to_string(options.size) + " entries is too small for kind " + options.kind,
                {}, "ask for at least " + std::to_string(smallest));
  if (const auto cut = cut_of(options.kind)) impl_->counter.emplace(*cut, pool, options.memory);
}

VocabularyBuilder::~VocabularyBuilder() = default;

bool VocabularyBuilder::needs_text() const { return impl_->counter.has_value(); }

void VocabularyBuilder::add(std::span<const std::string_view> texts) {
  if (impl_->counter) impl_->counter->add(texts);
}

std::unique_ptr<Tokenizer> VocabularyBuilder::build(const std::function<void()>& tick) const {
  const VocabularyOptions& options = impl_->options;
  if (!impl_->counter) return std::make_unique<ByteTokenizer>();
  const PieceCounter& counter = *impl_->counter;
  if (options.kind == "word") {
    using Word = WordTokenizer;
    return std::make_unique<Word>(entries_by_frequency(
        {std::string(Word::kPadding), std::string(Word::kUnknown), std::string(Word::kBegin), std::string(Word::kEnd)},
        counter, options));
  }
  if (options.kind == "char")
    return std::make_unique<CharTokenizer>(
        entries_by_frequency({std::string(kEndOfText), std::string(CharTokenizer::kUnknown)}, counter, options));
  return std::make_unique<BpeTokenizer>(
      train_bpe(counter, options.size, options.min_frequency == 0 ? 2 : options.min_frequency, tick));
}

std::uint64_t VocabularyBuilder::bytes() const { return impl_->counter ? impl_->counter->bytes() : 0; }

std::uint64_t VocabularyBuilder::pruned() const { return impl_->counter ? impl_->counter->pruned() : 0; }

}  // namespace diecast
