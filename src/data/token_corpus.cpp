#include <diecast/data/token_corpus.hpp>

#include <algorithm>
#include <cmath>
#include <functional>

#include <range/v3/algorithm/nth_element.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/filter.hpp>
#include <range/v3/view/iota.hpp>
#include <range/v3/view/join.hpp>
#include <range/v3/view/transform.hpp>

#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>

namespace diecast {
namespace {

namespace views = ranges::views;

// Keeps the split apart from other random choices made with the same seed.
constexpr std::uint64_t kSplitStream = 0x73706C6974;  // "split"

using Tokens = std::vector<Token>;

// documents -> tokens: one task a document, each ending in end-of-text.
std::vector<Tokens> encode_all(std::span<const std::string> documents, const BpeTokenizer& tokenizer,
                               ThreadPool& pool) {
  std::vector<Tokens> encoded(documents.size());
  pool.run(documents.size(), [&](std::size_t i, std::size_t) {
    tokenizer.encode(documents[i], encoded[i]);
    encoded[i].push_back(tokenizer.end_of_text());
  });
  return encoded;
}

// The tokens of the documents whose `validation` flag is `wanted`, one after the other.
Tokens join_documents(const std::vector<Tokens>& encoded, const std::vector<bool>& validation, bool wanted) {
  return views::iota(std::size_t{0}, encoded.size())
         | views::filter([&](std::size_t i) { return validation[i] == wanted; })
         | views::transform([&](std::size_t i) { return std::span(encoded[i]); })
         | views::join
         | ranges::to<std::vector>();
}

// Moves the tail of the only document to the validation set.
void split_tail(TokenCorpus& corpus, double fraction, const BpeTokenizer& tokenizer) {
  const auto size = static_cast<double>(corpus.train.size());
  const auto tail = corpus.train.end() - static_cast<std::ptrdiff_t>(std::floor(fraction * size));
  corpus.validation.assign(tail, corpus.train.end());
  corpus.train.erase(tail, corpus.train.end());
  if (corpus.validation.empty()) return;
  const auto text = std::span(corpus.validation).first(corpus.validation.size() - 1);  // without end-of-text
  corpus.validation_documents = 1;
  corpus.validation_bytes = tokenizer.decode(text).size();
  corpus.train_bytes -= corpus.validation_bytes;
}

}  // namespace

std::vector<bool> choose_validation(std::size_t documents, double fraction, std::uint64_t seed) {
  std::vector<bool> chosen(documents, false);
  if (documents < 2 || fraction <= 0) return chosen;
  const auto share = static_cast<std::size_t>(std::llround(fraction * static_cast<double>(documents)));
  const std::size_t count = std::clamp(share, std::size_t{1}, documents - 1);
  auto order = views::iota(std::size_t{0}, documents) | ranges::to<std::vector>();
  const Random random{seed, kSplitStream};
  ranges::nth_element(order, order.begin() + static_cast<std::ptrdiff_t>(count), std::less{},
                      [&](std::size_t i) { return random.bits(i); });
  for (std::size_t i = 0; i < count; ++i) chosen[order[i]] = true;
  return chosen;
}

TokenCorpus tokenize_documents(std::span<const std::string> documents, const BpeTokenizer& tokenizer,
                               double validation_fraction, std::uint64_t seed, ThreadPool& pool) {
  if (!(validation_fraction >= 0 && validation_fraction < 1))
    throw Error(Fault::usage, "the share kept for validation must be at least 0 and below 1",
                "data.validation_fraction");
  const std::vector<Tokens> encoded = encode_all(documents, tokenizer, pool);
  const std::vector<bool> validation = choose_validation(documents.size(), validation_fraction, seed);
  TokenCorpus corpus{.train = join_documents(encoded, validation, false),
                     .validation = join_documents(encoded, validation, true)};
  for (std::size_t i = 0; i < documents.size(); ++i) {
    (validation[i] ? corpus.validation_documents : corpus.train_documents) += 1;
    (validation[i] ? corpus.validation_bytes : corpus.train_bytes) += documents[i].size();
  }
  if (documents.size() == 1) split_tail(corpus, validation_fraction, tokenizer);
  return corpus;
}

}  // namespace diecast
