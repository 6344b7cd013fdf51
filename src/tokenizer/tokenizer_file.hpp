#pragma once

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace diecast {

/// A JSON file that describes a tokenizer. What is wrong with it is an Error(Fault::usage) with the file and the JSON
/// pointer.
class TokenizerFile {
 public:
  /// Reads and parses the whole file.
  explicit TokenizerFile(std::filesystem::path path);

  /// What the pointer leads to; null if that is nothing.
  const nlohmann::json& value(const std::string& pointer) const;
  /// The same, refused if it is no object, or no array.
  const nlohmann::json& object(const std::string& pointer) const;
  const nlohmann::json& array(const std::string& pointer) const;

  std::string where(const std::string& pointer) const;
  [[noreturn]] void refuse(const std::string& what, const std::string& pointer, const std::string& remedy) const;

 private:
  const nlohmann::json& member(const std::string& pointer, bool right_type, const char* type) const;

  std::filesystem::path path_;
  nlohmann::json root_;
};

/// `text` as JSON, which escapes line breaks; what is not UTF-8 is replaced.
std::string quoted(const std::string& text);

}  // namespace diecast
