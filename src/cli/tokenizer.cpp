#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include <diecast/core/byte_size.hpp>
#include <diecast/core/error.hpp>
#include <diecast/data/corpus.hpp>
#include <diecast/model/model.hpp>
#include <diecast/tokenizer/gpt2_files.hpp>
#include <diecast/tokenizer/load.hpp>

#include "cli/commands.hpp"
#include "cli/learn_tokenizer.hpp"
#include "cli/preset_config.hpp"
#include "cli/run_data.hpp"
#include "cli/tokenizer_facts.hpp"
#include "core/durable_file.hpp"
#include "tokenizer/text_cut.hpp"

namespace diecast {
namespace {

// Before hours of counting.
void check_can_be_written(const std::filesystem::path& out) {
  const auto refuse = [&](const std::string& what) {
    throw Error(Fault::usage, what, "--out " + out.string(), "name a file in a folder that exists and can be written");
  };
  std::error_code ignored;
  const std::filesystem::file_status there = std::filesystem::status(out, ignored);
  if (!out.has_filename()) refuse("the tokenizer needs the name of a file");
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there))
    refuse("the tokenizer can replace nothing but a file");
  std::filesystem::path probe = out;
  probe.replace_filename(".tmp-" + out.filename().string());
  try {
    const DurableFile file(probe);
  } catch (const Error& error) {
    refuse(error.what());
  }
  std::filesystem::remove(probe, ignored);
}

// What the options say comes before what is --set.
RunConfig config_of_training(const TokenizerTrainOptions& options) {
  RunConfig config = resolve_preset_config({}, options.overrides);
  if (!options.kind.empty()) config.tokenizer.kind.value = options.kind;
  if (!options.pattern.empty()) config.data.pattern.value = options.pattern;
  if (!options.text_field.empty()) config.data.text_field.value = options.text_field;
  if (options.sample > 0) config.data.sample.value = options.sample;
  return config;
}

std::uint64_t memory_of(const TokenizerTrainOptions& options, const RunConfig& config) {
  if (options.memory.empty()) return parse_byte_size(config.tokenizer.memory.value).value_or(0);
  const auto bytes = parse_byte_size(options.memory);
  if (!bytes || *bytes == 0)
    throw Error(Fault::usage, options.memory + " is no size", "--memory", "as in 500M or 2G");
  return *bytes;
}

// Text from a file or, without a name, standard input.
class TextInput {
 public:
  explicit TextInput(const std::string& path)
      : name_(path.empty() ? "standard input" : path), file_(path.empty() ? stdin : std::fopen(path.c_str(), "rb")) {
    if (file_ == nullptr) fail();
  }
  ~TextInput() {
    if (file_ != stdin) std::fclose(file_);
    std::free(line_);
  }
  TextInput(const TextInput&) = delete;
  TextInput& operator=(const TextInput&) = delete;

  const std::string& name() const { return name_; }

  // Appends what comes next; false when there is no more.
  bool read_some(std::string& text) {
    constexpr std::size_t kPiece = std::size_t{1} << 20;
    const std::size_t size = text.size();
    text.resize(size + kPiece);
    const std::size_t got = std::fread(text.data() + size, 1, kPiece, file_);
    text.resize(size + got);
    if (std::ferror(file_) != 0) fail();
    return got == kPiece;
  }

  // Without its end; false after the last one.
  bool read_line(std::string& line) {
    const ssize_t size = getline(&line_, &capacity_, file_);
    if (size < 0 && std::ferror(file_) != 0) fail();
    if (size < 0) return false;
    line.assign(line_, static_cast<std::size_t>(size));
    if (line.ends_with('\n')) line.pop_back();
    return true;
  }

 private:
  [[noreturn]] void fail() const {
    throw Error(Fault::usage, "cannot read: " + std::generic_category().message(errno), name_, "check the path");
  }

  std::string name_;
  std::FILE* file_;
  char* line_ = nullptr;  // of getline, which allocates
  std::size_t capacity_ = 0;
};

void write_out(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

// Whoever reads has gone, or the disk is full; main() says so.
bool cannot_write() { return std::ferror(stdout) != 0; }

void append_ids(const std::vector<Token>& tokens, char separator, std::string& text) {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i > 0) text += separator;
    const fmt::format_int digits(tokens[i]);
    text.append(digits.data(), digits.size());
  }
}

// The last place from `begin` on where `text` may be cut; 0 if there is none.
std::size_t last_cut(std::string_view text, std::size_t begin) {
  for (std::size_t at = text.size(); at-- > std::max<std::size_t>(begin, 1);)
    if (may_cut_before(text, at)) return at;
  return 0;
}

// A text of any length: it is read, encoded and written in parts that end where a piece does.
void encode_whole(const Tokenizer& tokenizer, TextInput& input, bool json) {
  const char separator = json ? ',' : ' ';
  std::string text, ids;
  std::vector<Token> tokens;
  bool first = true;
  if (json) write_out("{\"ids\":[");
  for (bool more = true; more && !cannot_write();) {
    const std::size_t kept = text.size();
    more = input.read_some(text);
    const std::size_t size = more ? last_cut(text, kept) : text.size();
    tokens.clear();
    tokenizer.encode(std::string_view(text).substr(0, size), tokens);
    text.erase(0, size);
    if (tokens.empty()) continue;
    ids.assign(std::exchange(first, false) ? 0 : 1, separator);
    append_ids(tokens, separator, ids);
    write_out(ids);
  }
  write_out(json ? "]}\n" : "\n");
}

// Some lines at a time on all cores, written in their order.
class LineEncoder {
 public:
  LineEncoder(const Tokenizer& tokenizer, std::size_t threads, bool json)
      : tokenizer_(tokenizer), pool_(threads, Waiting::block), json_(json) {}

  void encode(TextInput& input) {
    if (json_) write_out("{\"lines\":[");
    bool first = true;
    while (read(input) && !cannot_write()) {
      pool_.run(texts_.size(), [this](std::size_t i, std::size_t) { encode_line(i); });
      for (const std::string& line : results_) {
        if (json_ && !std::exchange(first, false)) write_out(",");
        write_out(line);
      }
    }
    if (json_) write_out("]}\n");
  }

 private:
  static constexpr std::size_t kLines = 4096;
  static constexpr std::size_t kBytes = std::size_t{4} << 20;

  bool read(TextInput& input) {
    texts_.clear();
    std::string line;
    for (std::size_t bytes = 0; texts_.size() < kLines && bytes < kBytes && input.read_line(line); bytes += line.size())
      texts_.push_back(line);
    results_.resize(texts_.size());
    return !texts_.empty();
  }

  void encode_line(std::size_t i) {
    std::vector<Token> tokens;
    tokenizer_.encode(texts_[i], tokens);
    results_[i] = json_ ? "[" : "";
    append_ids(tokens, json_ ? ',' : ' ', results_[i]);
    results_[i] += json_ ? ']' : '\n';
  }

  const Tokenizer& tokenizer_;
  ThreadPool pool_;
  bool json_;
  std::vector<std::string> texts_, results_;
};

// Appends the ids on a line.
void read_ids(std::string_view line, std::size_t vocab_size, const std::string& where, std::vector<Token>& ids) {
  constexpr std::string_view kSpace = " \t\r\v\f";
  for (std::size_t begin = line.find_first_not_of(kSpace); begin < line.size();
       begin = line.find_first_not_of(kSpace)) {
    line.remove_prefix(begin);
    const std::string_view word = line.substr(0, line.find_first_of(kSpace));
    Token id = 0;
    const auto parsed = std::from_chars(word.data(), word.data() + word.size(), id);
    if (parsed.ec != std::errc() || parsed.ptr != word.data() + word.size() || id >= vocab_size)
      throw Error(Fault::usage, fmt::format("\"{}\" is no token id", word.substr(0, 40)), where,
                  fmt::format("use ids from 0 to {}", vocab_size - 1));
    ids.push_back(id);
    line.remove_prefix(word.size());
  }
}

}  // namespace

int train_tokenizer(const TokenizerTrainOptions& options) {
  check_can_be_written(options.out);
  const RunConfig config = config_of_training(options);
  const VocabularyOptions vocabulary{
      .kind = config.tokenizer.kind.value,
      .size = options.vocab_size == 0 ? active_preset().vocab_size : options.vocab_size,
      .memory = memory_of(options, config),
      .min_frequency = options.min_frequency};
  if (vocabulary.kind != "byte" && options.inputs.empty())
    throw Error(Fault::usage, "there is no text to learn from", "command line", "name an INPUT");
  Log log(options.json ? Log::Level::warning : Log::Level::info);
  ThreadPool pool(options.threads, Waiting::block);  // other threads decompress
  CorpusOptions corpus = corpus_options(config, options.inputs, pool.threads());
  const auto open = [&](const ReadTick& tick) {
    corpus.tick = tick;
    return open_documents(corpus, [&](std::string_view text) { log.warning(text); });
  };
  const auto tokenizer = learn_tokenizer(vocabulary, open, pool, log);
  save_tokenizer(*tokenizer, options.out);
  log.info("tokenizer: wrote " + options.out);
  print_tokenizer_facts(*tokenizer, {}, options.json);
  return 0;
}

int encode(const TokenizerEncodeOptions& options) {
  const auto tokenizer = load_tokenizer(tokenizer_path(options.tokenizer));
  TextInput input(options.input);
  if (options.lines) {
    LineEncoder(*tokenizer, options.threads, options.json).encode(input);
    return 0;
  }
  encode_whole(*tokenizer, input, options.json);
  return 0;
}

int decode(const TokenizerDecodeOptions& options) {
  const auto tokenizer = load_tokenizer(tokenizer_path(options.tokenizer));
  TextInput input(options.input);
  std::vector<Token> ids;
  std::string line;
  for (std::size_t number = 1; input.read_line(line) && !cannot_write(); ++number) {
    read_ids(line, tokenizer->vocab_size(), fmt::format("{}:{}", input.name(), number), ids);
    if (!options.lines) continue;
    write_out(tokenizer->decode(ids) + "\n");
    ids.clear();
  }
  if (!options.lines) write_out(tokenizer->decode(ids));
  return 0;
}

int tokenizer_info(const TokenizerInfoOptions& options) {
  print_tokenizer_facts(*load_tokenizer(tokenizer_path(options.tokenizer)), options.text, options.json);
  return 0;
}

int import_tokenizer(const TokenizerImportOptions& options) {
  check_can_be_written(options.out);
  const BpeTokenizer tokenizer = load_gpt2_files(options.vocab, options.merges);
  save_tokenizer(tokenizer, options.out);
  print_tokenizer_facts(tokenizer, {}, options.json);
  return 0;
}

}  // namespace diecast
