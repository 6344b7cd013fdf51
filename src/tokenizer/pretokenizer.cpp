#include <diecast/tokenizer/pretokenizer.hpp>

#include <cstdint>
#include <memory>
#include <string>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

struct Free {
  void operator()(pcre2_code* code) const { pcre2_code_free(code); }
  void operator()(pcre2_match_data* match) const { pcre2_match_data_free(match); }
};
using Code = std::unique_ptr<pcre2_code, Free>;
using MatchData = std::unique_ptr<pcre2_match_data, Free>;

PCRE2_SPTR code_units(std::string_view text) {
  return static_cast<PCRE2_SPTR>(static_cast<const void*>(text.data()));
}

[[noreturn]] void fail(int code, const std::string& remedy) {
  PCRE2_UCHAR message[256];  // long enough for all of them
  const int length = pcre2_get_error_message(code, message, sizeof message);
  throw Error(Fault::run, "cannot split text into words: " + std::string(message, message + length), "PCRE2",
              remedy);
}

std::string gpt2_pattern() {
  // GPT-2 writes \s and \S and means Unicode's White_Space; PCRE2's \s would add U+180E.
  const std::string space = R"([\p{Z}\t-\r\x{85}])";
  const std::string no_space = R"([^\p{Z}\t-\r\x{85}])";
  const std::string symbol = R"([^\p{Z}\t-\r\x{85}\p{L}\p{N}])";
  return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+)"
         "| ?" +
         symbol + "+|" + space + "+(?!" + no_space + ")|" + space + "+";
}

Code compile(const std::string& pattern) {
  int error = 0;
  std::size_t position = 0;
  const std::uint32_t options = PCRE2_UTF | PCRE2_UCP | PCRE2_MATCH_INVALID_UTF;
  Code code(pcre2_compile(code_units(pattern), pattern.size(), options, &error, &position, nullptr));
  if (!code) fail(error, "use a PCRE2 with Unicode support");
  // The interpreter would check the rest of the text for each piece, in quadratic time.
  error = pcre2_jit_compile(code.get(), PCRE2_JIT_COMPLETE);
  if (error != 0) fail(error, "allow this process executable memory");
  return code;
}

}  // namespace

void for_each_piece(std::string_view text, const std::function<void(std::string_view)>& visit) {
  static const Code code = compile(gpt2_pattern());  // immutable, so threads may share it
  const MatchData match(pcre2_match_data_create_from_pattern(code.get(), nullptr));
  const std::size_t* span = pcre2_get_ovector_pointer(match.get());  // of a match: begin, end
  const PCRE2_SPTR subject = code_units(text);

  std::size_t end = 0;  // of the last piece
  while (end < text.size()) {
    const int status = pcre2_jit_match(code.get(), subject, text.size(), end, 0, match.get(), nullptr);
    const bool found = status != PCRE2_ERROR_NOMATCH;
    if (found && status < 0) fail(status, "report this text");
    const std::size_t next = found ? span[0] : text.size();
    // Every character matches some alternative: what was skipped is not UTF-8.
    if (next > end) visit(text.substr(end, next - end));
    if (!found) return;
    visit(text.substr(next, span[1] - next));
    end = span[1];
  }
}

}  // namespace diecast
