#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace diecast {

/// RUN/samples.jsonl: what the model wrote along the way, a line `{"step": .., "prompt": .., "text": ..}` each; `text`
/// begins with the prompt, and bytes of it that are not UTF-8 are U+FFFD. What cannot be written is left out: the run's
/// log has it too, and says so.
class SampleFile {
 public:
  /// Continues the file after `last_step`, as MetricsFile does. Throws Error(Fault::run).
  SampleFile(const std::filesystem::path& path, std::uint64_t last_step);

  /// The samples of `step` come next; those that a stopped session wrote of it go. Throws Error(Fault::run).
  void start_step(std::uint64_t step);
  void write(std::uint64_t step, std::string_view prompt, std::string_view text);
  /// Drops the samples of steps after `last_step`, which the run goes back to. Throws Error(Fault::run).
  void rewind(std::uint64_t last_step);

 private:
  std::filesystem::path path_;
  std::ofstream file_;
};

}  // namespace diecast
