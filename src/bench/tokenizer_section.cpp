#include "bench/tokenizer_section.hpp"

#include <fmt/format.h>

#include <cstdint>
#include <diecast/data/stories.hpp>
#include <diecast/tokenizer/bpe_trainer.hpp>
#include <diecast/tokenizer/piece_counter.hpp>
#include <diecast/tokenizer/pretokenizer.hpp>
#include <functional>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace diecast {
namespace {

constexpr std::size_t kTextBytes = 20'000'000;
constexpr std::size_t kVocabulary = 10'000;

template <class Map>
void count_in(const std::vector<std::string_view>& documents) {
  Map counts;
  for (const std::string_view document : documents)
    for_each_piece(document, [&](std::string_view piece) { ++counts[std::string(piece)]; });
}

}  // namespace

struct TokenizerBench::Text {
  explicit Text(ThreadPool& used_pool) : pool(used_pool) {
    for (std::uint64_t i = 0; bytes < kTextBytes; ++i) bytes += stories.emplace_back(story(1, i)).size();
    documents.assign(stories.begin(), stories.end());
    encoded.resize(documents.size());
  }

  void count(ThreadPool& on) const { PieceCounter(Cut::gpt2, on).add(documents); }

  BpeTokenizer learn() const {
    PieceCounter pieces(Cut::gpt2, pool);
    pieces.add(documents);
    return train_bpe(pieces, kVocabulary);
  }

  void encode() {
    if (!tokenizer) tokenizer.emplace(learn());
    pool.run(documents.size(), [&](std::size_t i, std::size_t) {
      encoded[i].clear();
      tokenizer->encode(documents[i], encoded[i]);
    });
  }

  ThreadPool& pool;
  ThreadPool one_thread{1};
  std::size_t bytes = 0;
  std::vector<std::string> stories;
  std::vector<std::string_view> documents;
  std::vector<std::vector<Token>> encoded;
  std::optional<BpeTokenizer> tokenizer;
};

TokenizerBench::~TokenizerBench() = default;

TokenizerBench::TokenizerBench(Suite& suite, ThreadPool& pool) {
  const auto add = [&](const std::string& name, const std::function<void(Text&)>& run) {
    if (!suite.selects("tokenizer/" + name)) return;
    if (!text_) text_ = std::make_unique<Text>(pool);
    rows_.push_back({name, suite.add("tokenizer/" + name, [run, text = text_.get()] { run(*text); })});
  };
  const std::string all = fmt::format("threads={}", pool.threads());
  add("count std::map", [](Text& text) { count_in<std::map<std::string, std::uint64_t>>(text.documents); });
  add("count std::unordered_map",
      [](Text& text) { count_in<std::unordered_map<std::string, std::uint64_t>>(text.documents); });
  add("count threads=1", [](Text& text) { text.count(text.one_thread); });
  if (pool.threads() > 1) add("count " + all, [](Text& text) { text.count(text.pool); });
  add(fmt::format("train bpe {} {}", kVocabulary, all), [](Text& text) { text.learn(); });
  add("encode bpe " + all, [](Text& text) { text.encode(); });
}

std::vector<TextTime> TokenizerBench::report(const Suite& suite) const {
  std::vector<TextTime> times;
  for (const auto& [name, id] : rows_)
    times.push_back({name, rate_of(suite.samples(id), 1e-6 * static_cast<double>(text_->bytes))});
  return times;
}

}  // namespace diecast
