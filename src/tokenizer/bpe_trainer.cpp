#include <diecast/tokenizer/bpe_trainer.hpp>

#include <algorithm>
#include <array>
#include <compare>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_set>
#include <utility>
#include <vector>

#include <diecast/core/error.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>

namespace diecast {
namespace {

constexpr Token kEndOfTextToken = 0;
constexpr Token kFirstByteToken = 1;
constexpr std::size_t kSmallestVocabulary = kFirstByteToken + 256;

struct Pair {
  Token left, right;
  auto operator<=>(const Pair&) const = default;
};

struct PairHash {
  std::size_t operator()(Pair pair) const {
    return std::hash<std::uint64_t>{}(std::uint64_t{pair.left} << 32 | pair.right);
  }
};

struct Word {
  std::vector<Token> tokens;
  std::uint64_t count;  // in the text
};

std::vector<std::string> base_vocabulary() {
  std::vector<std::string> vocabulary{std::string(kEndOfText)};
  for (const auto byte : byte_alphabet()) vocabulary.emplace_back(1, static_cast<char>(byte));
  return vocabulary;
}

std::vector<Word> split_into_bytes(const std::unordered_map<std::string, std::uint64_t>& piece_counts) {
  std::array<Token, 256> byte_tokens;
  Token next = kFirstByteToken;
  for (const auto byte : byte_alphabet()) byte_tokens[byte] = next++;

  std::vector<Word> words;
  for (const auto& [piece, count] : piece_counts) {
    auto& word = words.emplace_back(Word{.tokens = {}, .count = count});
    for (const char byte : piece) word.tokens.push_back(byte_tokens[static_cast<unsigned char>(byte)]);
  }
  return words;
}

/// The words of a text and how often each pair of neighbouring tokens occurs in them.
class PairCounter {
 public:
  explicit PairCounter(std::vector<Word> words) : words_(std::move(words)) {
    for (std::uint32_t index = 0; index < words_.size(); ++index) {
      const auto& tokens = words_[index].tokens;
      for (std::size_t i = 1; i < tokens.size(); ++i) add({tokens[i - 1], tokens[i]}, index);
    }
    for (const auto& [pair, occurrences] : pairs_) queue_.push({occurrences.count, pair});
  }

  std::optional<Pair> most_frequent(std::uint64_t min_frequency) {
    while (!queue_.empty()) {
      auto best = queue_.top();
      const auto current = pairs_.find(best.pair);
      const auto count = current == pairs_.end() ? 0 : current->second.count;
      if (best.count == count) return count >= min_frequency ? std::optional(best.pair) : std::nullopt;
      queue_.pop();
      best.count = count;
      if (count > 0) queue_.push(best);
    }
    return std::nullopt;
  }

  void apply(const Merge& merge) {
    const auto merged = pairs_.extract(Pair{merge.left, merge.right});
    for (const auto index : merged.mapped().words) merge_in_word(merge, index);
    for (const auto pair : grown_) queue_.push({pairs_[pair].count, pair});
    grown_.clear();
  }

 private:
  struct Occurrences {
    std::uint64_t count = 0;
    std::vector<std::uint32_t> words;  // that may contain the pair
  };

  // Counts in the queue may be out of date, but never too small.
  struct Candidate {
    std::uint64_t count;
    Pair pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : pair > other.pair;
    }
  };

  void add(Pair pair, std::uint32_t index) {
    auto& occurrences = pairs_[pair];
    occurrences.count += words_[index].count;
    if (occurrences.words.empty() || occurrences.words.back() != index) occurrences.words.push_back(index);
  }

  void remove(Pair pair, std::uint32_t index) {
    const auto found = pairs_.find(pair);  // fails for the pair being merged: "aaa" overlaps itself
    if (found != pairs_.end()) found->second.count -= words_[index].count;
  }

  void grow(Pair pair, std::uint32_t index) {
    add(pair, index);
    grown_.insert(pair);
  }

  void merge_in_word(const Merge& merge, std::uint32_t index) {
    auto& tokens = words_[index].tokens;
    std::size_t end = 0;  // of what is merged already, in place
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      const bool matches = i + 1 < tokens.size() && tokens[i] == merge.left && tokens[i + 1] == merge.right;
      if (!matches) {
        tokens[end++] = tokens[i];
        continue;
      }
      if (end > 0) {
        remove({tokens[end - 1], merge.left}, index);
        grow({tokens[end - 1], merge.product}, index);
      }
      if (i + 2 < tokens.size()) {
        remove({merge.right, tokens[i + 2]}, index);
        grow({merge.product, tokens[i + 2]}, index);
      }
      tokens[end++] = merge.product;
      ++i;
    }
    tokens.resize(end);
  }

  std::vector<Word> words_;
  std::unordered_map<Pair, Occurrences, PairHash> pairs_;
  std::priority_queue<Candidate> queue_;
  std::unordered_set<Pair, PairHash> grown_;  // by the current merge
};

}  // namespace

void BpeTrainer::add(std::string_view text) {
  for_each_piece(text, [&](std::string_view piece) { ++piece_counts_[std::string(piece)]; });
}

BpeTokenizer BpeTrainer::train(std::size_t vocab_size, std::uint64_t min_frequency) const {
  if (vocab_size < kSmallestVocabulary)
    throw Error(Fault::usage, "a vocabulary of " + std::to_string(vocab_size) + " tokens is too small", {},
                "ask for at least 257: end-of-text and the 256 bytes");
  auto vocabulary = base_vocabulary();
  std::vector<Merge> merges;
  PairCounter counter(split_into_bytes(piece_counts_));
  while (vocabulary.size() < vocab_size) {
    const auto pair = counter.most_frequent(std::max<std::uint64_t>(min_frequency, 1));
    if (!pair) break;
    // Never bytes that are a token already: within them, the merges before went the same way everywhere.
    const auto product = static_cast<Token>(vocabulary.size());
    vocabulary.push_back(vocabulary[pair->left] + vocabulary[pair->right]);
    merges.push_back({.left = pair->left, .right = pair->right, .product = product});
    counter.apply(merges.back());
  }
  return BpeTokenizer(std::move(vocabulary), std::move(merges), kEndOfTextToken);
}

}  // namespace diecast
