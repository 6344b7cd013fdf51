#pragma once

#include <string>

#include <diecast/bench/report.hpp>

namespace diecast {

/// What every figure of the benchmark depends on.
struct BenchHeader {
  std::string cpu;
  std::size_t cores = 0;
  std::size_t threads = 0;
  std::string target;
  std::string compiler;
  std::string huge_pages;  ///< the kernel's mode; empty when it does not say
};

/// Print the report on stdout: tables for people, or one JSON object.
void print_bench_text(const BenchHeader& header, const BenchReport& report);
void print_bench_json(const BenchHeader& header, const BenchReport& report);

}  // namespace diecast
