// Where libFuzzer is not: NAME [SECONDS] gives the target its seeds and what becomes of them by a few random
// changes. Case i is a pure function of i; NAME --case I repeats it.
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <diecast/core/random.hpp>

#include "tests/fuzz/fuzz_target.hpp"

namespace {

using diecast::Random;

// For the handler of signals, which may do little.
std::array<char, 64> current_case;

class Changes {
 public:
  explicit Changes(std::uint64_t number) : random_{.seed = number, .stream = 0} {}

  std::string input(const std::vector<std::string>& seeds) {
    std::string bytes = seeds[below(seeds.size())];
    for (std::size_t left = below(6); left > 0; --left) change(bytes, seeds);
    return bytes;
  }

 private:
  // In [0, bound), 0 for none.
  std::size_t below(std::size_t bound) { return bound == 0 ? 0 : random_.bits(drawn_++) % bound; }

  void change(std::string& bytes, const std::vector<std::string>& seeds) {
    const std::size_t at = below(bytes.size() + 1);
    const std::size_t length =
        std::min(bytes.size() - at, below(4) == 0 ? below(bytes.size() + 1) : below(9));
    switch (below(7)) {
      case 0:
        bytes.erase(at, length);
        break;
      case 1:
        bytes.resize(at);
        break;
      case 2:
        bytes.insert(below(bytes.size() + 1), bytes.substr(at, length));
        break;
      case 3: {
        const std::string& other = seeds[below(seeds.size())];
        bytes.insert(at, other, below(other.size() + 1), std::string::npos);
        break;
      }
      case 4:
        bytes.insert(at, below(40), static_cast<char>(below(256)));
        break;
      case 5:
        if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ 1 << below(8));
        break;
      default:
        for (std::size_t i = at; i < at + length; ++i) bytes[i] = static_cast<char>(below(256));
    }
  }

  Random random_;
  std::uint64_t drawn_ = 0;
};

void run_case(std::uint64_t number, const std::vector<std::string>& seeds) {
  std::snprintf(current_case.data(), current_case.size(), "fuzz: this was --case %llu\n",
                static_cast<unsigned long long>(number));
  const std::string input = Changes(number).input(seeds);
  LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
}

void name_case(int number) {
  const ssize_t ignored = write(STDERR_FILENO, current_case.data(), std::strlen(current_case.data()));
  static_cast<void>(ignored);
  signal(number, SIG_DFL);
  raise(number);
}

}  // namespace

int main(int argc, char** argv) {
  for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) signal(number, name_case);
  const auto seeds = diecast::fuzz::seeds();
  if (argc == 3 && std::strcmp(argv[1], "--case") == 0) {
    run_case(std::strtoull(argv[2], nullptr, 10), seeds);
    return 0;
  }
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + std::chrono::seconds(argc > 1 ? std::atoi(argv[1]) : 1);
  std::uint64_t number = 0;
  do run_case(number++, seeds);
  while (Clock::now() < end);
  std::printf("%llu cases\n", static_cast<unsigned long long>(number));
}
