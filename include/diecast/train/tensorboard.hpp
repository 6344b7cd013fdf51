#pragma once

#include <cstdint>
#include <filesystem>
#include <string>

#include <diecast/core/appended_file.hpp>
#include <diecast/train/metrics.hpp>

namespace diecast {

/// A session's metrics as TensorBoard reads them, in `events.out.tfevents.TIME.HOST.PID`: TFRecords of Event messages, a
/// scalar for each number of the line in metrics.jsonl, under the key it has there.
class TensorBoardFile {
 public:
  /// Makes a new file in `folder`, which is made as well, that sorts behind those of earlier sessions. What they say of
  /// steps after `last_step`, which this session repeats, TensorBoard then drops. Throws Error(Fault::run).
  TensorBoardFile(const std::filesystem::path& folder, std::uint64_t last_step);

  /// What is not a number is left out. Throws Error(Fault::run) when the line cannot be written; the next one can be
  /// tried all the same.
  void write(const Metrics& metrics);

 private:
  AppendedFile file_;
};

}  // namespace diecast
