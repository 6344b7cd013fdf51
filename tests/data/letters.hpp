#pragma once

#include <string>
#include <utility>
#include <vector>

#include <diecast/data/document_stream.hpp>
#include <diecast/tokenizer/bpe.hpp>

namespace diecast::testing {

/// Every byte is its own token, and 256 ends a text: what comes out can be read off what went in.
inline BpeTokenizer letters() {
  std::vector<std::string> vocabulary;
  for (int byte = 0; byte < 256; ++byte) vocabulary.emplace_back(1, static_cast<char>(byte));
  vocabulary.emplace_back(kEndOfText);
  return BpeTokenizer(std::move(vocabulary), {}, 256);
}

/// These texts, called `text N`.
class TextList : public DocumentStream {
 public:
  explicit TextList(std::vector<std::string> texts) : texts_(std::move(texts)) {}
  bool next(Document& document) override {
    if (at_ == texts_.size()) return false;
    document = {.text = texts_[at_], .name = "text " + std::to_string(at_), .id = at_};
    ++at_;
    return true;
  }
  StreamProgress progress() const override { return {.bytes = at_, .total = texts_.size()}; }

 private:
  std::vector<std::string> texts_;
  std::size_t at_ = 0;
};

}  // namespace diecast::testing
