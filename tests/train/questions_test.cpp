#include <diecast/train/questions.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <diecast/core/error.hpp>
#include <diecast/core/random.hpp>

#include "tests/checkpoint/fake_model.hpp"
#include "tests/data/letters.hpp"
#include "tests/temporary_folder.hpp"

namespace diecast {
namespace {

using testing::TemporaryFolder;

// A file of questions as llm.c's write_evalfile makes it.
std::string file_of(const std::vector<Question>& questions, std::uint64_t hash) {
  std::vector<std::uint16_t> stream;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < questions.size(); ++i) {
    const Question& q = questions[i];
    std::vector<std::uint16_t> one{65535, 0, static_cast<std::uint16_t>(i), static_cast<std::uint16_t>(q.answer),
                                   static_cast<std::uint16_t>(q.completions.size())};
    const auto add = [&](const std::vector<Token>& tokens) {
      one.push_back(static_cast<std::uint16_t>(tokens.size()));
      for (const Token token : tokens) one.push_back(static_cast<std::uint16_t>(token));
    };
    add(q.context);
    for (const auto& completion : q.completions) add(completion);
    one[1] = static_cast<std::uint16_t>(2 * one.size());
    longest = std::max<std::size_t>(longest, one[1]);
    stream.insert(stream.end(), one.begin(), one.end());
  }
  std::array<std::int32_t, 256> header{20240522, 1, static_cast<std::int32_t>(questions.size()),
                                       static_cast<std::int32_t>(longest)};
  std::memcpy(&header[4], &hash, sizeof hash);
  std::string bytes(sizeof header + 2 * stream.size(), '\0');
  std::memcpy(bytes.data(), header.data(), sizeof header);
  std::memcpy(bytes.data() + sizeof header, stream.data(), 2 * stream.size());
  return bytes;
}

std::vector<Token> draw(std::uint64_t stream, std::size_t least, std::size_t most) {
  const Random random{11, stream};
  std::vector<Token> tokens(least + random.bits(0) % (most - least + 1));
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<Token>(random.bits(i + 1) % 5);
  return tokens;
}

// Contexts and completions of 1 to 4 tokens: together they fit into the 8 inputs of the fake model.
std::vector<Question> some_questions(std::size_t count) {
  std::vector<Question> questions(count);
  for (std::size_t q = 0; q < count; ++q) {
    questions[q].context = draw(100 * q, 1, 4);
    for (std::size_t c = 0; c < 4; ++c) questions[q].completions.push_back(draw(100 * q + 1 + c, 1, 4));
    questions[q].answer = Random{12, q}.bits(0) % 4;
  }
  return questions;
}

double bigram_loss(Token input, Token target) { return 1 + std::abs(Random{13, 5 * input + target}.normal(0)); }

// A model whose losses are those of pairs of tokens.
class BigramModel : public testing::FakeModel {
 public:
  std::vector<float> last;

  std::span<const float> losses(TokenBatch batch) override {
    REQUIRE(batch.inputs.size() == preset().rows());
    last.assign(batch.inputs.size(), 0.0f);
    for (std::size_t i = 0; i < last.size(); ++i) {
      const Token target = batch.targets[i];
      if (target != kIgnoredToken) last[i] = static_cast<float>(bigram_loss(batch.inputs[i], target));
    }
    return last;
  }
};

// The likeliest completion by the definition.
std::size_t best_completion(const Question& question, bool by_length) {
  std::vector<double> losses;
  for (const auto& completion : question.completions) {
    Token before = question.context.back();
    double sum = 0;
    for (const Token token : completion) {
      sum += bigram_loss(before, token);
      before = token;
    }
    losses.push_back(by_length ? sum / static_cast<double>(completion.size()) : sum);
  }
  return static_cast<std::size_t>(std::min_element(losses.begin(), losses.end()) - losses.begin());
}

const std::atomic<int> kNever{0};

std::string error_of(const std::string& bytes) {
  const TemporaryFolder folder;
  testing::write_file(folder / "q.bin", bytes);
  try {
    read_questions(folder / "q.bin", testing::letters());
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  return "no error";
}

TEST_CASE("a file of questions comes back as it was written") {
  const TemporaryFolder folder;
  const auto tokenizer = testing::letters();
  const auto questions = some_questions(7);
  testing::write_file(folder / "q.bin", file_of(questions, tokenizer.hash()));
  const auto read = read_questions(folder / "q.bin", tokenizer);
  REQUIRE(read.size() == questions.size());
  for (std::size_t i = 0; i < read.size(); ++i) {
    CHECK(read[i].context == questions[i].context);
    CHECK(read[i].completions == questions[i].completions);
    CHECK(read[i].answer == questions[i].answer);
  }
}

TEST_CASE("what is no file of questions is refused with the reason") {
  const std::uint64_t hash = testing::letters().hash();
  const std::string good = file_of(some_questions(2), hash);
  const auto changed = [&](std::size_t offset, std::uint16_t value) {
    std::string bytes = good;
    std::memcpy(bytes.data() + offset, &value, sizeof value);
    return error_of(bytes);
  };
  const auto says = [](const std::string& error, const char* part) {
    CAPTURE(error);
    CHECK(error.find(part) != std::string::npos);
  };
  REQUIRE(error_of(good) == "no error");
  says(error_of(good.substr(0, 100)), "cut short");
  says(error_of(good.substr(0, good.size() - 2)), "cut short");
  says(error_of(good + "xx"), "goes on behind");
  says(changed(0, 7), "20240522");
  says(changed(4, 2), "version is 2");
  says(changed(8, 0), "no questions");
  says(changed(1024, 3), "question 1 does not begin");
  says(changed(1026, 3), "question 1 is not as long");
  says(changed(1028, 3), "question 1 has another index");
  says(changed(1030, 4), "question 1 has an answer");
  says(changed(1036, 999), "token 999 is outside");
  says(error_of(file_of(some_questions(2), hash + 1)), "another tokenizer");
  says(error_of(file_of(some_questions(2), 0)), "tokens of GPT-2");
}

TEST_CASE("questions are answered as a loop over each pair of tokens does") {
  BigramModel model;
  const auto questions = some_questions(101);
  const auto score = answer_questions(model, questions, kNever);
  REQUIRE(score);
  std::size_t right = 0, right_by_length = 0;
  for (const Question& question : questions) {
    right += best_completion(question, false) == question.answer;
    right_by_length += best_completion(question, true) == question.answer;
  }
  REQUIRE(right != right_by_length);
  CHECK(score->questions == 101);
  CHECK(score->right == right);
  CHECK(score->right_by_length == right_by_length);
  CHECK(score->cut == 0);
  CHECK(score->left_out == 0);
}

TEST_CASE("a long context loses its beginning, and a completion that does not fit leaves its question out") {
  BigramModel model;
  std::vector<Question> questions = some_questions(30), longer = questions;
  for (Question& question : longer) question.context.insert(question.context.begin(), 9, Token{1});
  const auto score = answer_questions(model, questions, kNever), cut = answer_questions(model, longer, kNever);
  CHECK(cut->right == score->right);
  CHECK(cut->cut == 30);
  longer[3].completions[2].assign(9, Token{2});
  CHECK(answer_questions(model, longer, kNever)->left_out == 1);
  longer[3].completions[2].assign(8, Token{2});
  CHECK(answer_questions(model, longer, kNever)->questions == 30);
}

TEST_CASE("a signal ends it without a score") {
  BigramModel model;
  const std::atomic<int> stop{2};
  CHECK_FALSE(answer_questions(model, some_questions(3), stop));
}

}  // namespace
}  // namespace diecast
