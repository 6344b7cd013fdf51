#include <algorithm>
#include <array>
#include <diecast/core/error.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/byte_alphabet.hpp>
#include <functional>
#include <optional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "tokenizer/pair_map.hpp"

namespace diecast {
namespace {

constexpr Token kEndOfTextToken = 0;
constexpr Token kFirstByteToken = 1;
constexpr std::size_t kSmallestVocabulary = kFirstByteToken + 256;

std::vector<std::string> base_vocabulary() {
  std::vector<std::string> vocabulary{std::string(kEndOfText)};
  for (const auto byte : byte_alphabet()) vocabulary.emplace_back(1, static_cast<char>(byte));
  return vocabulary;
}

/// The words of a text and how often each pair of neighbouring tokens occurs in them.
class PairCounter {
 public:
  PairCounter(const PieceCounter& pieces, const std::function<void()>& tick) : tick_(tick) {
    add_words(pieces.sorted());
    for (std::uint32_t index = 0; index < words_.size(); ++index) {
      tick_at(index);
      const Token* tokens = &tokens_[words_[index].begin];
      for (std::size_t i = 1; i < words_[index].size; ++i) add(tokens[i - 1], tokens[i], index);
    }
    for (const Pair& pair : pairs_) queue_.push({pair.count, pair.left, pair.right});
  }

  /// The next pair to merge.
  struct Best {
    Token left, right;
  };
  std::optional<Best> most_frequent(std::uint64_t min_frequency) {
    while (!queue_.empty()) {
      Candidate best = queue_.top();
      const std::uint64_t count = pairs_[numbers_.find(best.left, best.right)].count;
      if (best.count == count) {
        if (count < min_frequency) return std::nullopt;
        return Best{best.left, best.right};
      }
      queue_.pop();
      best.count = count;
      if (count > 0) queue_.push(best);
    }
    return std::nullopt;
  }

  void apply(const Merge& merge) {
    const std::uint32_t merged = numbers_.find(merge.left, merge.right);
    const auto words = std::exchange(pairs_[merged].words, {});
    for (std::size_t i = 0; i < words.size(); ++i) {
      tick_at(i);
      merge_in_word(merge, words[i]);
    }
    pairs_[merged].count = 0;  // whatever was taken from it meanwhile: "aaa" overlaps itself
    for (const std::uint32_t number : grown_) {
      Pair& pair = pairs_[number];
      pair.is_growing = false;
      queue_.push({pair.count, pair.left, pair.right});
    }
    grown_.clear();
  }

 private:
  // Of many words, so that no merge takes long without it.
  void tick_at(std::size_t i) const {
    if (i % (std::size_t{1} << 16) == 0) tick_();
  }

  struct Word {
    std::size_t begin, size;  // in tokens_
    std::uint64_t count;      // in the text
  };

  struct Pair {
    Token left, right;
    bool is_growing = false;  // by the current merge
    std::uint64_t count = 0;
    std::vector<std::uint32_t> words;  // that may contain the pair
  };

  // Counts in the queue may be out of date, but never too small.
  struct Candidate {
    std::uint64_t count;
    Token left, right;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count
                                  : std::pair(left, right) > std::pair(other.left, other.right);
    }
  };

  void add_words(const std::vector<PieceCounter::Entry>& entries) {
    std::array<Token, 256> byte_tokens;
    Token next = kFirstByteToken;
    for (const auto byte : byte_alphabet()) byte_tokens[byte] = next++;
    std::size_t bytes = 0;
    for (const auto& entry : entries) bytes += entry.piece.size();
    tokens_.reserve(bytes);  // growing would take up to three times that
    for (const auto& [piece, count] : entries) {
      if (piece.size() == 1) continue;  // has no pair
      words_.push_back({tokens_.size(), piece.size(), count});
      for (const char byte : piece) tokens_.push_back(byte_tokens[static_cast<unsigned char>(byte)]);
    }
  }

  std::uint32_t add(Token left, Token right, std::uint32_t index) {
    std::uint32_t& number = numbers_(left, right);
    if (number == PairMap::kNone) {
      number = static_cast<std::uint32_t>(pairs_.size());
      pairs_.push_back({.left = left, .right = right, .words = {}});
    }
    Pair& pair = pairs_[number];
    pair.count += words_[index].count;
    if (pair.words.empty() || pair.words.back() != index) pair.words.push_back(index);
    return number;
  }

  void grow(Token left, Token right, std::uint32_t index) {
    const std::uint32_t number = add(left, right, index);
    if (!std::exchange(pairs_[number].is_growing, true)) grown_.push_back(number);
  }

  void remove(Token left, Token right, std::uint32_t index) {
    pairs_[numbers_.find(left, right)].count -= words_[index].count;
  }

  void merge_in_word(const Merge& merge, std::uint32_t index) {
    Word& word = words_[index];
    Token* tokens = &tokens_[word.begin];
    std::size_t end = 0;  // of what is merged already, in place
    for (std::size_t i = 0; i < word.size; ++i) {
      const bool matches = i + 1 < word.size && tokens[i] == merge.left && tokens[i + 1] == merge.right;
      if (!matches) {
        tokens[end++] = tokens[i];
        continue;
      }
      if (end > 0) {
        remove(tokens[end - 1], merge.left, index);
        grow(tokens[end - 1], merge.product, index);
      }
      if (i + 2 < word.size) {
        remove(merge.right, tokens[i + 2], index);
        grow(merge.product, tokens[i + 2], index);
      }
      tokens[end++] = merge.product;
      ++i;
    }
    word.size = end;
  }

  const std::function<void()>& tick_;
  std::vector<Token> tokens_;  // of all words
  std::vector<Word> words_;
  std::vector<Pair> pairs_;
  PairMap numbers_;  // of pairs, into pairs_
  std::priority_queue<Candidate> queue_;
  std::vector<std::uint32_t> grown_;  // by the current merge
};

}  // namespace

BpeTokenizer train_bpe(const PieceCounter& pieces, std::size_t vocab_size, std::uint64_t min_frequency,
                       const std::function<void()>& tick) {
  if (vocab_size < kSmallestVocabulary)
    throw Error(Fault::usage, "a vocabulary of " + std::to_string(vocab_size) + " tokens is too small", {},
                "ask for at least 257: end-of-text and the 256 bytes");
  auto vocabulary = base_vocabulary();
  std::vector<Merge> merges;
  PairCounter counter(pieces, tick);
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
