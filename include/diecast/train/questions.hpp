#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <diecast/model/model.hpp>
#include <diecast/tokenizer/tokenizer.hpp>

namespace diecast {

/// Which of the completions follows the context?
struct Question {
  std::vector<Token> context;
  std::vector<std::vector<Token>> completions;
  std::size_t answer = 0;
};

/// Reads a file of multiple-choice questions as llm.c's dev/data/hellaswag.py writes it (github.com/karpathy/llm.c,
/// data_common.py): 256 int32, which are 20240522, 1, the number of questions, the bytes of the longest one and zeros,
/// then uint16 for each: 65535, its bytes, its index, the answer, the number of completions, and context and
/// completions, each behind its length. Its tokens are GPT-2's. Files of other tokenizers, of which llm.c knows
/// nothing, have their Tokenizer::hash in the fifth and sixth int32. Throws Error(Fault::usage) when the file is none,
/// or not of this tokenizer.
std::vector<Question> read_questions(const std::filesystem::path& path, const Tokenizer& tokenizer);

struct QuestionScore {
  std::size_t questions = 0;        ///< that were answered
  std::size_t right = 0;            ///< whose likeliest completion was right
  std::size_t right_by_length = 0;  ///< ... where likelihood is that of the average token
  std::size_t cut = 0;              ///< of them, those whose context lost its beginning to fit into seq_len
  std::size_t left_out = 0;         ///< questions with a completion that does not fit

  double accuracy() const { return share(right); }
  double accuracy_by_length() const { return share(right_by_length); }

 private:
  double share(std::size_t count) const {
    return questions == 0 ? 0 : static_cast<double>(count) / static_cast<double>(questions);
  }
};

/// `28.92 % right, 31.14 % by the average token, of 10042 questions`, and what was cut or left out.
std::string to_text(const QuestionScore& score);

/// Answers questions in batches of the preset's shape, a completion a row; nothing when `stop` becomes a signal
/// meanwhile.
std::optional<QuestionScore> answer_questions(Model& model, std::span<const Question> questions,
                                              const std::atomic<int>& stop);

}  // namespace diecast
