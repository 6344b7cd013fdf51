#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <diecast/core/error.hpp>
#include <diecast/kernels/dispatch.hpp>
#include <diecast/kernels/span_ops.hpp>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace diecast {
namespace {

// DIECAST_TARGET for the time of a test.
class Environment {
 public:
  explicit Environment(const char* value) {
    if (const char* old = std::getenv(kName)) old_ = old;
    set(value);
  }
  ~Environment() { set(old_ ? old_->c_str() : nullptr); }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;

 private:
  static constexpr const char* kName = "DIECAST_TARGET";
  static void set(const char* value) {
    if (value == nullptr) {
      unsetenv(kName);
    } else {
      setenv(kName, value, 1);
    }
  }
  std::optional<std::string> old_;
};

// The text of the usage error that `act` must end with.
std::string usage_error(const std::function<void()>& act) {
  try {
    act();
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    return error.what();
  }
  FAIL("no error");
  return {};
}

void check_lists_targets(const std::string& text) {
  for (const std::string& target : kernel_targets()) {
    CAPTURE(target);
    CHECK(text.find(target) != std::string::npos);
  }
}

TEST_CASE("the machine has kernels, no two targets the same, SSE2 the last of them") {
  const auto targets = kernel_targets();
  REQUIRE(!targets.empty());
  CHECK(std::set<std::string>(targets.begin(), targets.end()).size() == targets.size());
  CHECK(targets.back() == "SSE2");
}

// Without AMX, which shares AVX3_SPR's vector kernels.
std::vector<std::string> vector_targets() {
  auto targets = kernel_targets();
  std::erase(targets, kAmxTarget);
  return targets;
}

TEST_CASE("vector targets have one bit each, better ones a lower one") {
  std::int64_t last = 0;
  for (const std::string& target : vector_targets()) {
    const std::int64_t bit = target_bit(target);
    CHECK((bit & (bit - 1)) == 0);
    CHECK(bit > last);
    last = bit;
  }
}

TEST_CASE("an unknown target is a usage error that names it and lists the known ones") {
  const std::string text = usage_error([] { target_bit("SSE5"); });
  CHECK(text.find("'SSE5'") != std::string::npos);
  check_lists_targets(text);
  check_lists_targets(usage_error([] { choose_target("avx2"); }));
  check_lists_targets(usage_error([] { span_ops("AVX"); }));
}

TEST_CASE("an unknown target in the environment is the same error") {
  const Environment environment("SSE5");
  const std::string text = usage_error([] { choose_target(); });
  CHECK(text.find("DIECAST_TARGET") != std::string::npos);
  check_lists_targets(text);
}

TEST_CASE("without a wish the best target is chosen") {
  const Environment environment(nullptr);
  CHECK(choose_target() == kernel_targets().front());
}

TEST_CASE("the environment chooses a target, a request goes before it") {
  const Environment environment("SSE2");
  CHECK(choose_target() == "SSE2");
  CHECK(choose_target(kernel_targets().front()) == kernel_targets().front());
}

TEST_CASE("the environment cannot ask for the tests' tiles") {
  const Environment environment("AMX_PLAIN");
  CHECK_THROWS_AS(choose_target(), Error);
  CHECK(choose_target(kPlainTilesTarget) == kPlainTilesTarget);
}

TEST_CASE("vector targets have kernels of their own") {
  std::set<double (*)(const float*, std::size_t)> kernels;
  for (const std::string& target : vector_targets()) kernels.insert(span_ops(target).sum_of_squares);
  CHECK(kernels.size() == vector_targets().size());
}

TEST_CASE("the tests' AMX target stands on AVX3 or else on SSE2, and is not offered") {
  const bool has_avx3 = std::ranges::count(kernel_targets(), "AVX3") == 1;
  CHECK(target_bit(kPlainTilesTarget) == target_bit(has_avx3 ? "AVX3" : "SSE2"));
  CHECK(tile_unit(kPlainTilesTarget) == TileUnit::plain);
  for (const std::string& target : vector_targets()) CHECK(tile_unit(target) == TileUnit::none);
  CHECK(std::ranges::count(kernel_targets(), kPlainTilesTarget) == 0);
  CHECK(without_tiles(kPlainTilesTarget) == (has_avx3 ? "AVX3" : "SSE2"));
}

}  // namespace
}  // namespace diecast
