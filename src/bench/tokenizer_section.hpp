#pragma once

#include <cstddef>
#include <diecast/bench/report.hpp>
#include <diecast/bench/suite.hpp>
#include <diecast/core/thread_pool.hpp>
#include <memory>
#include <string>
#include <vector>

namespace diecast {

/// From text to tokens: counting words by std::map, std::unordered_map and PieceCounter, learning byte pair
/// encoding from text, and encoding; all with the same stories.
class TokenizerBench {
 public:
  TokenizerBench(Suite& suite, ThreadPool& pool);
  ~TokenizerBench();
  std::vector<TextTime> report(const Suite& suite) const;

 private:
  struct Text;
  struct Row {
    std::string name;
    Suite::Id id;
  };
  std::unique_ptr<Text> text_;  // if any row is selected
  std::vector<Row> rows_;
};

}  // namespace diecast
