#include "tokenizer/tokenizer_file.hpp"

#include <fstream>
#include <string_view>
#include <utility>

#include <diecast/core/error.hpp>

#include "core/json_text.hpp"

namespace diecast {
namespace {

// Ten times what the largest vocabularies in use take: what is larger is another file.
constexpr std::size_t kLargestFile = std::size_t{256} << 20;

}  // namespace

TokenizerFile::TokenizerFile(std::filesystem::path path) : path_(std::move(path)) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::string text;
  std::ifstream file(path_, std::ios::binary);
  while (file && text.size() <= kLargestFile) {
    const std::size_t size = text.size();
    text.resize(size + kPiece);
    file.read(text.data() + size, kPiece);
    text.resize(size + static_cast<std::size_t>(file.gcount()));
  }
  if (text.size() > kLargestFile)
    refuse("not a tokenizer: the file is larger than 256 MiB", "", "use a tokenizer.json");
  if (!file.eof() || file.bad()) refuse("cannot read the tokenizer", "", "check that the file exists");
  try {
    root_ = nlohmann::json::parse(text);
  } catch (const nlohmann::json::exception& error) {
    const std::string_view message = error.what();  // "[json.exception.kind.number] message"
    refuse("not a tokenizer: " + std::string(message.substr(message.find("] ") + 2)), "",
           "use a tokenizer.json of Hugging Face tokenizers or Diecast");
  }
}

const nlohmann::json& TokenizerFile::value(const std::string& pointer) const {
  static const nlohmann::json nothing;
  const nlohmann::json::json_pointer key(pointer);
  return root_.contains(key) ? root_.at(key) : nothing;
}

const nlohmann::json& TokenizerFile::object(const std::string& pointer) const {
  return member(pointer, value(pointer).is_object(), "an object");
}

const nlohmann::json& TokenizerFile::array(const std::string& pointer) const {
  return member(pointer, value(pointer).is_array(), "an array");
}

const nlohmann::json& TokenizerFile::member(const std::string& pointer, bool right_type, const char* type) const {
  if (!right_type)
    refuse(std::string("not a tokenizer: this must be ") + type, pointer,
           "use a tokenizer.json of Hugging Face tokenizers or Diecast");
  return value(pointer);
}

std::string TokenizerFile::where(const std::string& pointer) const {
  return pointer.empty() ? path_.string() : path_.string() + ": " + pointer;
}

void TokenizerFile::refuse(const std::string& what, const std::string& pointer, const std::string& remedy) const {
  throw Error(Fault::usage, what, where(pointer), remedy);
}

std::string quoted(const std::string& text) { return json_text(text); }

}  // namespace diecast
