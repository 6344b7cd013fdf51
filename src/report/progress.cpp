#include <diecast/report/progress.hpp>

#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <string_view>

#include <fmt/format.h>

#include <diecast/report/terminal.hpp>
#include <diecast/report/write_stderr.hpp>

namespace diecast {
namespace {

constexpr std::size_t kBarCells = 16;
constexpr std::size_t kFewestCells = 4;
constexpr auto kRedraw = std::chrono::milliseconds(100);
constexpr auto kPlainLine = std::chrono::seconds(5);
constexpr std::uint64_t kPlainFiles = 100;

double share_done(const Progress& p) {
  return p.total_steps == 0 ? 0.0 : static_cast<double>(p.step) / static_cast<double>(p.total_steps);
}

std::string head(const Progress& p) {
  return fmt::format("{}/{} ({:.1f}%)", p.step, p.total_steps, 100 * share_done(p));
}

std::string clock_text(double seconds) {
  const auto total = static_cast<std::uint64_t>(std::llround(std::max(0.0, seconds)));
  return fmt::format("{}:{:02}:{:02}", total / 3600, total / 60 % 60, total % 60);
}

// The parts after the head, in their order on the line.
enum Part { kLoss, kValLoss, kSpeed, kBatch, kPeak, kEta, kWait, kPadding, kParts };
using ProgressParts = std::array<std::string, kParts>;

ProgressParts parts_of(const Progress& p) {
  ProgressParts parts;
  parts[kLoss] = fmt::format(" | Loss: {:.2f}", p.loss);
  if (p.val_loss) parts[kValLoss] = fmt::format(" | val {:.2f}", *p.val_loss);
  parts[kSpeed] = fmt::format(" | {:.0f} tok/s", p.tok_per_s);
  parts[kBatch] = fmt::format(" | Batch: {}", p.batch);
  if (p.share_of_peak) parts[kPeak] = fmt::format(" | {:.0f}% of peak", 100 * *p.share_of_peak);
  parts[kEta] = " | ETA " + clock_text(p.eta_seconds);
  if (p.data_wait) parts[kWait] = fmt::format(" | data wait {:.1f}%", 100 * *p.data_wait);
  if (p.padding) parts[kPadding] = fmt::format(" | padding {:.1f}%", 100 * *p.padding);
  return parts;
}

template <std::size_t kCount>
std::string joined(const std::array<std::string, kCount>& parts) {
  std::string text;
  for (const std::string& part : parts) text += part;
  return text;
}

std::string bar(double share, std::size_t cells) {
  const auto full = static_cast<std::size_t>(std::clamp(share, 0.0, 1.0) * static_cast<double>(cells));
  std::string text;
  for (std::size_t i = 0; i < cells; ++i) text += i < full ? "█" : "░";
  return text;
}

// `least`: indexes of parts in the order in which they go when the line is too long.
template <std::size_t kCount>
std::string bar_of(std::string_view title, double share, const std::string& head,
                   std::array<std::string, kCount> parts, std::initializer_list<std::size_t> least, std::size_t width) {
  const std::size_t brackets = 3;  // "[", "]" and the blank after the title
  const auto without_cells = [&] { return title.size() + brackets + 1 + head.size() + joined(parts).size(); };
  for (const std::size_t part : least)
    if (without_cells() + kFewestCells > width) parts[part].clear();
  const std::size_t cells = std::clamp(width - std::min(width, without_cells()), kFewestCells, kBarCells);
  return fmt::format("{} [{}] {}{}", title, bar(share, cells), head, joined(parts));
}

double share_done(const ReadingProgress& p) {
  return p.at.total == 0 ? 0.0 : static_cast<double>(p.at.bytes) / static_cast<double>(p.at.total);
}

std::string head(const ReadingProgress& p) {
  std::string text = fmt::format("{}", p.at.files);
  if (p.at.total_files > 0) text += fmt::format("/{}", p.at.total_files);
  text += " files";
  if (p.at.total > 0) text += fmt::format(" ({:.1f}%)", 100 * share_done(p));
  return text;
}

// Speed and ETA.
using ReadingParts = std::array<std::string, 2>;

ReadingParts parts_of(const ReadingProgress& p) {
  return {fmt::format(" | {:.0f} MB/s", p.bytes_per_s / 1e6),
          p.at.total > 0 ? " | ETA " + clock_text(p.eta_seconds) : std::string()};
}

std::size_t columns_of(std::FILE* stream) {
  winsize size{};
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string plain_line(const Progress& p) {
  return fmt::format("{} {}{}", p.title, head(p), joined(parts_of(p)));
}

std::string bar_line(const Progress& p, std::size_t width) {
  return bar_of(p.title, share_done(p), head(p), parts_of(p),
                {kPadding, kWait, kBatch, kPeak, kEta, kSpeed, kValLoss, kLoss}, width);
}

std::string plain_line(const ReadingProgress& p) {
  return fmt::format("{} {}{}", p.title, head(p), joined(parts_of(p)));
}

std::string bar_line(const ReadingProgress& p, std::size_t width) {
  return bar_of(p.title, share_done(p), head(p), parts_of(p), {1, 0}, width);
}

ProgressDisplay::ProgressDisplay(std::FILE* stream) : stream_(stream), terminal_(takes_escapes(stream)) {}

ProgressDisplay::~ProgressDisplay() {
  if (drawn_) write_unchecked(stream_, "\n");
}

void ProgressDisplay::show(const Progress& progress, Clock::time_point now) {
  if (now >= next_ || progress.step >= progress.total_steps) draw(progress, now);
}

void ProgressDisplay::show(const ReadingProgress& progress, Clock::time_point now) {
  const bool many_files = !terminal_ && progress.at.files >= files_ + kPlainFiles;
  if (now < next_ && !many_files && !progress.done) return;
  files_ = progress.at.files;
  draw(progress, now);
}

template <class P>
void ProgressDisplay::draw(const P& progress, Clock::time_point now) {
  if (terminal_) {
    // One column stays free: writing the last one makes some terminals wrap.
    write_unchecked(stream_, fmt::format("\r{}\x1b[K", bar_line(progress, columns_of(stream_) - 1)));
    drawn_ = true;
  } else {
    write_unchecked(stream_, plain_line(progress) + '\n');
  }
  next_ = now + (terminal_ ? std::chrono::milliseconds(kRedraw) : std::chrono::milliseconds(kPlainLine));
}

void ProgressDisplay::clear() {
  if (drawn_) write_unchecked(stream_, "\r\x1b[K");
  drawn_ = false;
}

}  // namespace diecast
