#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include <diecast/data/document_stream.hpp>

namespace diecast {

/// What the progress line says.
struct Progress {
  std::string_view title = "Training";
  std::uint64_t step = 0;
  std::uint64_t total_steps = 0;
  double loss = 0;
  double tok_per_s = 0;
  std::size_t batch = 0;                  ///< sequences in a step
  std::optional<double> share_of_peak{};  ///< 0 to 1; nothing when this machine's peak is not known
  double eta_seconds = 0;
  std::optional<double> val_loss{};   ///< of the last evaluation, once there was one
  std::optional<double> data_wait{};  ///< share of the time that was spent waiting for data, 0 to 1
  std::optional<double> padding{};    ///< share of the positions that are filled up, 0 to 1
};

/// The line for a pipe, without a bar:
/// `Training 320/2665 (12.0%) | Loss: 4.15 | 14012 tok/s | Batch: 32 | 78% of peak | ETA 0:02:11 | data wait 0.1%`
std::string plain_line(const Progress& progress);

/// The same with a bar after the title, at most `width` columns wide: the bar shrinks, then padding, data wait,
/// batch, share of peak, ETA, speed, validation loss and loss go, in this order.
std::string bar_line(const Progress& progress, std::size_t width);

/// What the line says while a corpus is read.
struct ReadingProgress {
  std::string_view title = "Reading";
  StreamProgress at{};
  double bytes_per_s = 0;  ///< of text
  double eta_seconds = 0;
  bool done = false;
};

/// `Reading 312/1200 files (26.0%) | 181 MB/s | ETA 0:00:12`; share and ETA only if the total is known.
std::string plain_line(const ReadingProgress& progress);

/// The same with a bar after the title, at most `width` columns wide: the bar shrinks, then ETA and speed go.
std::string bar_line(const ReadingProgress& progress, std::size_t width);

/// Shows progress on a stream: one line redrawn in place on a terminal, at most ten times a second; on
/// anything else a plain line every few seconds, without escapes.
class ProgressDisplay {
 public:
  using Clock = std::chrono::steady_clock;

  explicit ProgressDisplay(std::FILE* stream);
  /// Ends the line.
  ~ProgressDisplay();
  ProgressDisplay(const ProgressDisplay&) = delete;
  ProgressDisplay& operator=(const ProgressDisplay&) = delete;

  /// Shows `progress` if it is time; always if it is the last step.
  void show(const Progress& progress, Clock::time_point now = Clock::now());
  /// The same while a corpus is read; on anything but a terminal also a line for every 100 files.
  void show(const ReadingProgress& progress, Clock::time_point now = Clock::now());
  /// Takes the line off the terminal, so that something else can be printed. The next `show` draws it again.
  void clear();

 private:
  template <class P>
  void draw(const P& progress, Clock::time_point now);

  std::FILE* stream_;
  bool terminal_;
  bool drawn_ = false;
  Clock::time_point next_{};
  std::uint64_t files_ = 0;  // that the last line of a corpus told of
};

}  // namespace diecast
