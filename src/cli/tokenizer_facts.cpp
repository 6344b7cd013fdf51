#include "cli/tokenizer_facts.hpp"

#include <algorithm>
#include <numeric>
#include <optional>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <diecast/model/model.hpp>
#include <diecast/tokenizer/char_tokenizer.hpp>
#include <diecast/tokenizer/word_tokenizer.hpp>

#include "cli/text_file.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

constexpr std::size_t kLongest = 8;

std::vector<std::string> longest_tokens(const Tokenizer& tokenizer) {
  std::vector<Token> tokens(tokenizer.vocab_size());
  std::iota(tokens.begin(), tokens.end(), Token{0});
  std::erase(tokens, tokenizer.end_of_text());
  const auto count = static_cast<std::ptrdiff_t>(std::min(kLongest, tokens.size()));
  std::partial_sort(tokens.begin(), tokens.begin() + count, tokens.end(), [&](Token a, Token b) {
    const std::size_t a_size = tokenizer.token_text(a).size(), b_size = tokenizer.token_text(b).size();
    return a_size != b_size ? a_size > b_size : a < b;
  });
  std::vector<std::string> texts;
  for (std::ptrdiff_t i = 0; i < count; ++i) texts.emplace_back(tokenizer.token_text(tokens[static_cast<std::size_t>(i)]));
  return texts;
}

std::optional<Token> unknown_of(const Tokenizer& tokenizer) {
  if (const auto* word = dynamic_cast<const WordTokenizer*>(&tokenizer)) return word->unknown();
  if (const auto* character = dynamic_cast<const CharTokenizer*>(&tokenizer)) return character->unknown();
  return {};
}

struct TextFacts {
  std::size_t bytes = 0, tokens = 0;
  std::optional<std::size_t> unknown;

  double bytes_per_token() const { return tokens > 0 ? static_cast<double>(bytes) / static_cast<double>(tokens) : 0; }
};

TextFacts measure_text(const Tokenizer& tokenizer, const std::string& path) {
  const std::string text = read_text_file(path);
  std::vector<Token> tokens;
  tokenizer.encode(text, tokens);
  TextFacts facts{.bytes = text.size(), .tokens = tokens.size(), .unknown = {}};
  if (const auto unknown = unknown_of(tokenizer))
    facts.unknown = static_cast<std::size_t>(std::count(tokens.begin(), tokens.end(), *unknown));
  return facts;
}

void print_as_json(const Tokenizer& tokenizer, const std::optional<TextFacts>& text) {
  const std::size_t most = active_preset().vocab_size;
  nlohmann::ordered_json json{{"kind", tokenizer.kind()},
                              {"entries", tokenizer.vocab_size()},
                              {"hash", fmt::format("{:016x}", tokenizer.hash())},
                              {"lossless", tokenizer.is_lossless()},
                              {"end_of_text", tokenizer.end_of_text()},
                              {"longest", longest_tokens(tokenizer)},
                              {"preset_vocab_size", most},
                              {"fits_preset", tokenizer.vocab_size() <= most}};
  if (text) {
    json["text"] = {{"bytes", text->bytes}, {"tokens", text->tokens}, {"bytes_per_token", text->bytes_per_token()}};
    if (text->unknown) json["text"]["unknown"] = *text->unknown;
  }
  fmt::print("{}\n", json_text(json));
}

void print_as_text(const Tokenizer& tokenizer, const std::optional<TextFacts>& text) {
  const Preset& preset = active_preset();
  std::vector<std::string> longest;
  for (const std::string& token : longest_tokens(tokenizer)) longest.push_back(json_text(token));
  fmt::print("kind         {}, {}\n", tokenizer.kind(),
             tokenizer.is_lossless() ? "decodes to the byte" : "does not decode to the byte");
  fmt::print("entries      {}, {} the {} of preset {}\n", tokenizer.vocab_size(),
             tokenizer.vocab_size() <= preset.vocab_size ? "within" : "more than", preset.vocab_size, preset.name);
  fmt::print("hash         {:016x}\n", tokenizer.hash());
  fmt::print("end of text  {} {}\n", tokenizer.end_of_text(), tokenizer.token_text(tokenizer.end_of_text()));
  fmt::print("longest      {}\n", fmt::join(longest, " "));
  if (!text) return;
  fmt::print("text         {} bytes, {} tokens, {:.3f} bytes per token", text->bytes, text->tokens,
             text->bytes_per_token());
  if (text->unknown)
    fmt::print(", {:.3f}% unknown",
               100 * static_cast<double>(*text->unknown) / static_cast<double>(std::max(text->tokens, std::size_t{1})));
  fmt::print("\n");
}

}  // namespace

std::filesystem::path tokenizer_path(const std::string& file_or_run) {
  const std::filesystem::path path(file_or_run);
  return std::filesystem::is_directory(path) ? path / "tokenizer.json" : path;
}

void print_tokenizer_facts(const Tokenizer& tokenizer, const std::string& text, bool json) {
  std::optional<TextFacts> facts;
  if (!text.empty()) facts = measure_text(tokenizer, text);
  if (json)
    print_as_json(tokenizer, facts);
  else
    print_as_text(tokenizer, facts);
}

}  // namespace diecast
