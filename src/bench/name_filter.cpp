#include <diecast/bench/name_filter.hpp>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <fmt/format.h>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

PCRE2_SPTR code_units(std::string_view text) {
  return static_cast<PCRE2_SPTR>(static_cast<const void*>(text.data()));
}

std::string message_of(int code) {
  PCRE2_UCHAR message[256];  // long enough for all of them
  const int length = pcre2_get_error_message(code, message, sizeof message);
  return {message, message + length};
}

}  // namespace

struct NameFilter::Code {
  explicit Code(const std::string& pattern) {
    int error = 0;
    std::size_t position = 0;
    code = pcre2_compile(code_units(pattern), pattern.size(), PCRE2_UTF, &error, &position, nullptr);
    if (code == nullptr)
      throw Error(Fault::usage, fmt::format("'{}' is no regular expression: {}", pattern, message_of(error)),
                  fmt::format("--filter, character {}", position + 1), "correct it, as in --filter '^kernel/gemm'");
    match = pcre2_match_data_create_from_pattern(code, nullptr);
  }
  ~Code() {
    pcre2_match_data_free(match);
    pcre2_code_free(code);
  }
  Code(const Code&) = delete;
  Code& operator=(const Code&) = delete;

  pcre2_code* code = nullptr;
  pcre2_match_data* match = nullptr;
};

NameFilter::NameFilter(const std::string& pattern) : code_(std::make_unique<Code>(pattern)) {}
NameFilter::~NameFilter() = default;

bool NameFilter::selects(std::string_view name) const {
  return pcre2_match(code_->code, code_units(name), name.size(), 0, 0, code_->match, nullptr) >= 0;
}

}  // namespace diecast
