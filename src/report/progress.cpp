#include <diecast/report/progress.hpp>

#include <sys/ioctl.h>

#include <algorithm>
#include <array>
#include <cmath>
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
enum Part { kLoss, kSpeed, kBatch, kPeak, kEta, kParts };
using Parts = std::array<std::string, kParts>;

Parts parts_of(const Progress& p) {
  Parts parts;
  parts[kLoss] = fmt::format(" | Loss: {:.2f}", p.loss);
  parts[kSpeed] = fmt::format(" | {:.0f} tok/s", p.tok_per_s);
  parts[kBatch] = fmt::format(" | Batch: {}", p.batch);
  if (p.share_of_peak) parts[kPeak] = fmt::format(" | {:.0f}% of peak", 100 * *p.share_of_peak);
  parts[kEta] = " | ETA " + clock_text(p.eta_seconds);
  return parts;
}

std::string joined(const Parts& parts) {
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

std::size_t columns_of(std::FILE* stream) {
  winsize size{};
  return ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

}  // namespace

std::string plain_line(const Progress& p) {
  return fmt::format("{} {}{}", p.title, head(p), joined(parts_of(p)));
}

std::string bar_line(const Progress& p, std::size_t width) {
  Parts parts = parts_of(p);
  const std::size_t brackets = 3;  // "[", "]" and the blank after the title
  const auto without_cells = [&] {
    return p.title.size() + brackets + 1 + head(p).size() + joined(parts).size();
  };
  for (const Part least : {kBatch, kPeak, kEta, kSpeed, kLoss})
    if (without_cells() + kFewestCells > width) parts[least].clear();
  const std::size_t cells = std::clamp(width - std::min(width, without_cells()), kFewestCells, kBarCells);
  return fmt::format("{} [{}] {}{}", p.title, bar(share_done(p), cells), head(p), joined(parts));
}

ProgressDisplay::ProgressDisplay(std::FILE* stream) : stream_(stream), terminal_(takes_escapes(stream)) {}

ProgressDisplay::~ProgressDisplay() {
  if (drawn_) write_unchecked(stream_, "\n");
}

void ProgressDisplay::show(const Progress& progress, Clock::time_point now) {
  const bool last = progress.step >= progress.total_steps;
  if (now < next_ && !last) return;
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
