#include <diecast/train/questions.hpp>

#include <algorithm>
#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include <fmt/format.h>

#include <diecast/core/error.hpp>
#include <diecast/data/batch.hpp>

#include "core/read_file.hpp"

namespace diecast {
namespace {

constexpr std::int32_t kQuestionMagic = 20240522;
constexpr std::uint16_t kQuestionStart = 65535;

// Takes the numbers of a file of questions one after another.
class QuestionReader {
 public:
  QuestionReader(std::string_view bytes, std::string path) : rest_(bytes), path_(std::move(path)) {}

  [[noreturn]] void refuse(const std::string& reason) const {
    throw Error(Fault::usage, "not a file of questions in llm.c's format: " + reason, path_,
                "make it with dev/data/hellaswag.py of llm.c");
  }

  template <class T>
  T take() {
    T value;
    if (rest_.size() < sizeof value) refuse("it is cut short");
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_.remove_prefix(sizeof value);
    return value;
  }

  std::vector<Token> take_tokens(std::size_t vocab_size) {
    std::vector<Token> tokens(take<std::uint16_t>());
    for (Token& token : tokens) {
      token = take<std::uint16_t>();
      if (token >= vocab_size) refuse(fmt::format("token {} is outside the vocabulary of {}", token, vocab_size));
    }
    return tokens;
  }

  std::size_t left() const { return rest_.size(); }

 private:
  std::string_view rest_;
  std::string path_;
};

// Of what distinguishes it: its size and some ids.
bool is_gpt2(const Tokenizer& tokenizer) {
  constexpr Token kEndOfGpt2 = 50256;
  if (tokenizer.vocab_size() != kEndOfGpt2 + 1 || tokenizer.end_of_text() != kEndOfGpt2) return false;
  std::vector<Token> tokens;
  tokenizer.encode("Hello world, it's 2019", tokens);
  return tokens == std::vector<Token>{15496, 995, 11, 340, 338, 13130};
}

Question take_question(QuestionReader& reader, std::size_t index, std::size_t vocab_size) {
  const std::size_t before = reader.left();
  const auto check = [&](bool good, const char* what) {
    if (!good) reader.refuse(fmt::format("question {} {}", index + 1, what));
  };
  check(reader.take<std::uint16_t>() == kQuestionStart, "does not begin with 65535");
  const std::size_t bytes = reader.take<std::uint16_t>();
  check(reader.take<std::uint16_t>() == index, "has another index");
  Question question;
  question.answer = reader.take<std::uint16_t>();
  const std::size_t count = reader.take<std::uint16_t>();
  check(question.answer < count, "has an answer that is none of its completions");
  question.context = reader.take_tokens(vocab_size);
  check(!question.context.empty(), "has no context");
  for (std::size_t i = 0; i < count; ++i) {
    question.completions.push_back(reader.take_tokens(vocab_size));
    check(!question.completions.back().empty(), "has an empty completion");
  }
  check(before - reader.left() == bytes, "is not as long as it says");
  return question;
}

// Collects completions as the rows of a batch and adds up the losses of each.
class CompletionBatch {
 public:
  explicit CompletionBatch(Model& model) : model_(model), seq_len_(model.preset().seq_len) { clear(); }

  bool is_full() const { return rows_.size() == model_.preset().batch_size; }

  // `sum` is where the losses' sum goes.
  void add(std::span<const Token> context, std::span<const Token> completion, double& sum) {
    const std::size_t first = rows_.size() * seq_len_;
    std::ranges::copy(context, batch_.inputs.begin() + static_cast<std::ptrdiff_t>(first));
    const std::size_t begin = first + context.size() - 1;  // where the completion is predicted
    for (std::size_t i = 0; i < completion.size(); ++i) {
      batch_.targets[begin + i] = completion[i];
      if (i + 1 < completion.size()) batch_.inputs[begin + i + 1] = completion[i];
    }
    rows_.push_back(&sum);
  }

  void run() {
    if (rows_.empty()) return;
    const std::span<const float> losses = model_.losses(batch_.view());
    for (std::size_t row = 0; row < rows_.size(); ++row)
      for (std::size_t i = row * seq_len_; i < (row + 1) * seq_len_; ++i)
        if (batch_.targets[i] != kIgnoredToken) *rows_[row] += losses[i];
    clear();
  }

 private:
  void clear() {
    rows_.clear();
    batch_.inputs.assign(model_.preset().rows(), 0);
    batch_.targets.assign(model_.preset().rows(), kIgnoredToken);
  }

  Model& model_;
  std::size_t seq_len_;
  Batch batch_;
  std::vector<double*> rows_;
};

std::size_t longest_completion(const Question& question) {
  std::size_t longest = 0;
  for (const auto& completion : question.completions) longest = std::max(longest, completion.size());
  return longest;
}

void count_answer(const Question& question, std::vector<double> losses, QuestionScore& score) {
  const auto lowest = [&] { return static_cast<std::size_t>(std::ranges::min_element(losses) - losses.begin()); };
  score.right += lowest() == question.answer ? 1 : 0;
  for (std::size_t i = 0; i < losses.size(); ++i) losses[i] /= static_cast<double>(question.completions[i].size());
  score.right_by_length += lowest() == question.answer ? 1 : 0;
  ++score.questions;
}

}  // namespace

std::vector<Question> read_questions(const std::filesystem::path& path, const Tokenizer& tokenizer) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error))
    throw Error(Fault::usage, "there is no file of questions", path.string(), "correct the path");
  const std::string bytes = read_text(path);
  QuestionReader reader(bytes, path.string());
  std::array<std::int32_t, 256> header;
  for (std::int32_t& value : header) value = reader.take<std::int32_t>();
  if (header[0] != kQuestionMagic) reader.refuse("it does not begin with 20240522");
  if (header[1] != 1) reader.refuse(fmt::format("its version is {}", header[1]));
  if (header[2] <= 0) reader.refuse("it has no questions");
  std::uint64_t hash;
  std::memcpy(&hash, &header[4], sizeof hash);
  if (hash == 0 ? !is_gpt2(tokenizer) : hash != tokenizer.hash())
    throw Error(Fault::usage,
                hash == 0 ? std::string("the questions are in tokens of GPT-2, which the run's tokenizer is not")
                          : std::string("the questions are in tokens of another tokenizer"),
                path.string(), "use a run whose tokenizer.file is theirs, as `tokenizer import` makes it for GPT-2");
  std::vector<Question> questions;
  for (std::size_t i = 0; i < static_cast<std::size_t>(header[2]); ++i)
    questions.push_back(take_question(reader, i, tokenizer.vocab_size()));
  if (reader.left() != 0) reader.refuse("it goes on behind its last question");
  return questions;
}

std::string to_text(const QuestionScore& score) {
  std::string text = fmt::format("{:.2f} % right, {:.2f} % by the average token, of {} questions",
                                 100 * score.accuracy(), 100 * score.accuracy_by_length(), score.questions);
  if (score.cut > 0) text += fmt::format(", of {} without the beginning of their context", score.cut);
  if (score.left_out > 0) text += fmt::format("; {} were too long for the model", score.left_out);
  return text;
}

std::optional<QuestionScore> answer_questions(Model& model, std::span<const Question> questions,
                                              const std::atomic<int>& stop) {
  const std::size_t seq_len = model.preset().seq_len;
  CompletionBatch batch(model);
  std::vector<std::vector<double>> losses(questions.size());
  QuestionScore score;
  for (std::size_t q = 0; q < questions.size(); ++q) {
    const Question& question = questions[q];
    const std::size_t longest = longest_completion(question);
    if (longest > seq_len) continue;
    losses[q].resize(question.completions.size());
    // The last completion's last token is only a target.
    const std::size_t kept = std::min(question.context.size(), seq_len + 1 - longest);
    score.cut += kept < question.context.size() ? 1 : 0;
    for (std::size_t i = 0; i < question.completions.size(); ++i) {
      batch.add(std::span(question.context).last(kept), question.completions[i], losses[q][i]);
      if (!batch.is_full()) continue;
      if (stop != 0) return {};
      batch.run();
    }
  }
  batch.run();
  for (std::size_t q = 0; q < questions.size(); ++q)
    if (!losses[q].empty()) count_answer(questions[q], losses[q], score);
  score.left_out = questions.size() - score.questions;
  return score;
}

}  // namespace diecast
