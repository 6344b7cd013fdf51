#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include <diecast/core/appended_file.hpp>

namespace diecast {

/// RUN/samples.jsonl: what the model wrote along the way, a line `{"step": .., "prompt": .., "text": ..}` each; `text`
/// begins with the prompt, and bytes of it that are not UTF-8 are U+FFFD.
class SampleFile {
 public:
  /// Continues the file after `last_step`, as MetricsFile does. Throws Error(Fault::run).
  SampleFile(const std::filesystem::path& path, std::uint64_t last_step);

  /// The samples of `step` come next; those that a stopped session wrote of it go. Throws Error(Fault::run).
  void start_step(std::uint64_t step);
  /// Throws Error(Fault::run) when the line cannot be written; the next one can be tried all the same.
  void write(std::uint64_t step, std::string_view prompt, std::string_view text);
  /// Drops the samples of steps after `last_step`, which the run goes back to. Throws Error(Fault::run).
  void rewind(std::uint64_t last_step);

 private:
  AppendedFile file_;
};

}  // namespace diecast
