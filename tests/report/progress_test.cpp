#include <diecast/report/progress.hpp>

#include <chrono>
#include <cstdio>
#include <string>

#include <doctest/doctest.h>

namespace diecast {
namespace {

using namespace std::chrono_literals;

Progress an_eighth() {
  return {.step = 320,
          .total_steps = 2560,
          .loss = 4.149,
          .tok_per_s = 14012.3,
          .batch = 32,
          .share_of_peak = 0.78,
          .eta_seconds = 131};
}

// Columns of a line whose only characters beyond ASCII are the blocks of the bar, three bytes each.
std::size_t columns(const std::string& line) {
  std::size_t n = 0;
  for (const char c : line) n += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return n;
}

std::string written_to(std::FILE* file) {
  std::rewind(file);
  std::string text;
  for (int c; (c = std::fgetc(file)) != EOF;) text += static_cast<char>(c);
  return text;
}

TEST_CASE("the line on a wide terminal is the contract's") {
  CHECK(bar_line(an_eighth(), 200) ==
        "Training [██░░░░░░░░░░░░░░] 320/2560 (12.5%) | Loss: 4.15 | 14012 tok/s | Batch: 32 | "
        "78% of peak | ETA 0:02:11");
}

TEST_CASE("the line on a pipe is the same without the bar") {
  CHECK(plain_line(an_eighth()) ==
        "Training 320/2560 (12.5%) | Loss: 4.15 | 14012 tok/s | Batch: 32 | 78% of peak | ETA 0:02:11");
}

TEST_CASE("an unknown peak is left out") {
  Progress progress = an_eighth();
  progress.share_of_peak.reset();
  CHECK(plain_line(progress) ==
        "Training 320/2560 (12.5%) | Loss: 4.15 | 14012 tok/s | Batch: 32 | ETA 0:02:11");
}

TEST_CASE("the line is never wider than the terminal, down to a bar and the steps") {
  for (std::size_t width = 40; width < 130; ++width) {
    CAPTURE(width);
    CHECK(columns(bar_line(an_eighth(), width)) <= width);
  }
}

TEST_CASE("a narrow terminal keeps the loss and the speed longest") {
  CHECK(bar_line(an_eighth(), 59) == "Training [░░░░] 320/2560 (12.5%) | Loss: 4.15 | 14012 tok/s");
}

TEST_CASE("the bar is full at the last step and never before") {
  Progress progress = an_eighth();
  progress.step = progress.total_steps - 1;
  CHECK(bar_line(progress, 200).find("░") != std::string::npos);
  progress.step = progress.total_steps;
  CHECK(bar_line(progress, 200).find("░") == std::string::npos);
}

TEST_CASE("a pipe gets a line every few seconds, the last step always, and no escapes") {
  std::FILE* file = std::tmpfile();
  const auto start = ProgressDisplay::Clock::now();
  Progress progress = an_eighth();
  {
    ProgressDisplay display(file);
    display.show(progress, start);
    for (int i = 1; i < 40; ++i) display.show(progress, start + i * 100ms);
    display.show(progress, start + 6s);
    progress.step = progress.total_steps;
    display.show(progress, start + 6s + 1ms);
    display.clear();
  }
  const std::string first = plain_line(an_eighth()) + "\n";
  CHECK(written_to(file) == first + first + plain_line(progress) + "\n");
  std::fclose(file);
}

}  // namespace
}  // namespace diecast
