#include <diecast/data/token_corpus.hpp>

#include <algorithm>
#include <cmath>
#include <functional>
#include <optional>
#include <utility>

#include <range/v3/algorithm/sort.hpp>
#include <range/v3/range/conversion.hpp>
#include <range/v3/view/iota.hpp>
#include <xxhash.h>

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

// How many of the first tokens of document `i`, which has `size`, are to train on. A cut document gives two
// tokens to a validation set that has no others: one to predict, and one before it.
std::size_t tokens_to_train(const ValidationSplit& split, std::size_t i, std::size_t size) {
  if (split.whole[i]) return 0;
  if (split.tail == 0 || i != split.cut) return size;
  const bool alone = std::find(split.whole.begin(), split.whole.end(), true) == split.whole.end();
  const std::size_t least = alone ? std::min(std::size_t{2}, size / 2) : 0;
  return size - std::max(least, static_cast<std::size_t>(std::floor(split.tail * static_cast<double>(size))));
}

// What was cut off its end is no end of text; only whole documents have one.
void append(Tokens& all, std::span<const Token> tokens, Token end_of_text) {
  if (!tokens.empty() && !all.empty() && all.back() != end_of_text) all.push_back(end_of_text);
  all.insert(all.end(), tokens.begin(), tokens.end());
}

}  // namespace

ValidationSplit choose_validation(std::span<const std::string> documents, double fraction,
                                  std::uint64_t seed) {
  ValidationSplit split{.whole = std::vector<bool>(documents.size(), false)};
  std::uint64_t total = 0;
  for (const std::string& document : documents) total += document.size();
  if (total < 2 || fraction <= 0) return split;
  const auto bytes = static_cast<std::uint64_t>(std::llround(fraction * static_cast<double>(total)));
  const std::uint64_t share = std::clamp(bytes, std::uint64_t{1}, total - 1);
  const std::uint64_t most = std::min(2 * share, (share + total) / 2);
  auto order = views::iota(std::size_t{0}, documents.size()) | ranges::to<std::vector>();
  const Random random{seed, kSplitStream};
  ranges::sort(order, std::less{}, [&](std::size_t i) { return random.bits(i); });
  std::uint64_t kept = 0;
  std::optional<std::size_t> too_large;
  for (std::size_t next = 0; next < order.size() && kept < share; ++next) {
    const std::size_t i = order[next];
    if (kept + documents[i].size() <= most) {
      split.whole[i] = true;
      kept += documents[i].size();
    } else if (!too_large) {
      too_large = i;
    }
  }
  if (kept >= share) return split;
  split.cut = too_large.value();  // there is one: all documents together are more than `most`
  split.tail = static_cast<double>(share - kept) / static_cast<double>(documents[split.cut].size());
  return split;
}

std::string_view text_to_train(const ValidationSplit& split, std::span<const std::string> documents,
                               std::size_t i) {
  if (split.whole[i]) return {};
  const std::string_view text = documents[i];
  if (split.tail == 0 || i != split.cut) return text;
  return text.substr(0, static_cast<std::size_t>((1 - split.tail) * static_cast<double>(text.size())));
}

TokenCorpus tokenize_documents(std::span<const std::string> documents, const BpeTokenizer& tokenizer,
                               double validation_fraction, std::uint64_t seed, ThreadPool& pool) {
  if (!(validation_fraction >= 0 && validation_fraction < 1))
    throw Error(Fault::usage, "the share kept for validation must be at least 0 and below 1",
                "data.validation_fraction");
  const ValidationSplit split = choose_validation(documents, validation_fraction, seed);
  std::vector<Tokens> encoded = encode_all(documents, tokenizer, pool);
  std::size_t train = 1, validation = 0;  // 1: for the end-of-text after a cut
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const std::size_t to_train = tokens_to_train(split, i, encoded[i].size());
    train += to_train;
    validation += encoded[i].size() - to_train;
  }
  TokenCorpus corpus;
  corpus.train.reserve(train);
  corpus.validation.reserve(validation);
  for (std::size_t i = 0; i < encoded.size(); ++i) {
    const Tokens tokens = std::exchange(encoded[i], {});  // freed with each turn
    const std::size_t to_train = tokens_to_train(split, i, tokens.size());
    append(corpus.train, std::span(tokens).first(to_train), tokenizer.end_of_text());
    append(corpus.validation, std::span(tokens).subspan(to_train), tokenizer.end_of_text());
  }
  return corpus;
}

std::uint64_t hash_tokens(std::span<const Token> tokens) {
  return XXH3_64bits(tokens.data(), tokens.size_bytes());
}

}  // namespace diecast
