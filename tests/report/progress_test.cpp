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

TEST_CASE("waiting for data and padding follow where they are known, and go first where there is no room") {
  Progress progress = an_eighth();
  progress.data_wait = 0.0012;
  progress.padding = 0.25;
  const std::string usual = plain_line(an_eighth());
  CHECK(plain_line(progress) == usual + " | data wait 0.1% | padding 25.0%");
  CHECK(bar_line(progress, 120).find("padding") == std::string::npos);
  CHECK(bar_line(progress, 120).find("ETA") != std::string::npos);
}

TEST_CASE("the validation loss stands behind the training loss once there is one, and goes before it") {
  Progress progress = an_eighth();
  progress.val_loss = 4.018;
  CHECK(plain_line(progress).find(" | Loss: 4.15 | val 4.02 | 14012 tok/s") != std::string::npos);
  CHECK(bar_line(progress, 60).find(" | Loss: 4.15 | val 4.02") != std::string::npos);
  CHECK(bar_line(progress, 50).find("val") == std::string::npos);
  CHECK(bar_line(progress, 50).find("Loss: 4.15") != std::string::npos);
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

ReadingProgress a_quarter() {
  return {.title = "Counting",
          .at = {.bytes = 250, .total = 1000, .files = 312, .total_files = 1200},
          .bytes_per_s = 181.4e6,
          .eta_seconds = 12};
}

TEST_CASE("the line of a corpus says files, speed and ETA") {
  CHECK(plain_line(a_quarter()) == "Counting 312/1200 files (25.0%) | 181 MB/s | ETA 0:00:12");
  CHECK(bar_line(a_quarter(), 200) == "Counting [████░░░░░░░░░░░░] 312/1200 files (25.0%) | 181 MB/s | ETA 0:00:12");
  for (std::size_t width = 45; width < 100; ++width) CHECK(columns(bar_line(a_quarter(), width)) <= width);
}

TEST_CASE("what is not known of a corpus is left out") {
  ReadingProgress progress = a_quarter();
  progress.at = {.files = 312};
  CHECK(plain_line(progress) == "Counting 312 files | 181 MB/s");
}

TEST_CASE("a pipe gets a line for every hundred files, or every few seconds, and always the last") {
  std::FILE* file = std::tmpfile();
  const auto start = ProgressDisplay::Clock::now();
  std::string expected;
  {
    ProgressDisplay display(file);
    ReadingProgress progress = a_quarter();
    const auto show = [&](std::uint64_t files, std::chrono::milliseconds after, bool is_shown) {
      progress.at.files = files;
      display.show(progress, start + after);
      if (is_shown) expected += plain_line(progress) + "\n";
    };
    show(10, 0ms, true);
    show(109, 1ms, false);
    show(110, 2ms, true);
    show(111, 5001ms, false);
    show(112, 5002ms, true);
    progress.done = true;
    show(113, 5003ms, true);
  }
  CHECK(written_to(file) == expected);
  std::fclose(file);
}

}  // namespace
}  // namespace diecast
