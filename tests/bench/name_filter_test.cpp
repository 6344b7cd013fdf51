#include <diecast/bench/name_filter.hpp>

#include <doctest/doctest.h>

#include <string>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

TEST_CASE("a filter selects the names that its expression matches anywhere") {
  const NameFilter filter("^step$|gemm.*bf16");
  CHECK(filter.selects("step"));
  CHECK(filter.selects("kernel/gemm nn 64x32x32 bf16"));
  CHECK_FALSE(filter.selects("step/threads=1"));
  CHECK_FALSE(filter.selects("kernel/gemm nn 64x32x32 f32"));
}

TEST_CASE("the empty filter selects everything") {
  CHECK(NameFilter("").selects("step"));
}

TEST_CASE("a pattern that is none is a usage error that says where it fails") {
  try {
    const NameFilter filter("step[");
    FAIL("no error");
  } catch (const Error& error) {
    CHECK(error.fault() == Fault::usage);
    CHECK(std::string(error.what()).find("'step['") != std::string::npos);
    CHECK(std::string(error.what()).find("--filter, character 6") != std::string::npos);
  }
}

}  // namespace
}  // namespace diecast
