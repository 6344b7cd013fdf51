#include <diecast/bench/measure.hpp>

#include <doctest/doctest.h>

#include <atomic>
#include <string>
#include <vector>

namespace diecast {
namespace {

const std::atomic<int> kGoOn{0};

// Cases that take a time of their own on a clock that only they move, and leave a trace of their calls.
struct Workshop {
  double now = 0;
  std::string trace;

  Case makes(char name, double seconds) {
    return {std::string(1, name), [this, name, seconds] {
              now += seconds;
              trace += name;
            }};
  }
  Clock clock() {
    return [this] { return now; };
  }
};

TEST_CASE("after calibration every round visits every case in turn") {
  Workshop shop;
  const std::vector cases{shop.makes('a', 1), shop.makes('b', 2), shop.makes('c', 1)};
  const auto samples = measure(cases, {.rounds = 3, .sample_seconds = 1}, kGoOn, shop.clock());
  REQUIRE(samples);
  CHECK(shop.trace == "abc" "abc" "abc" "abc");
  CHECK(*samples == std::vector<Samples>{{1, 1, 1}, {2, 2, 2}, {1, 1, 1}});
}

TEST_CASE("a sample holds as many calls as fill its time") {
  Workshop shop;
  const std::vector cases{shop.makes('a', 0.25), shop.makes('b', 0.75)};
  const auto samples = measure(cases, {.rounds = 1, .sample_seconds = 2}, kGoOn, shop.clock());
  REQUIRE(samples);
  // Of the warm-up one call each, of the calibration one; then the samples.
  CHECK(shop.trace == "aa" "bb" "aaaaaaaa" "bbb");
  CHECK(*samples == std::vector<Samples>{{0.25}, {0.75}});
}

TEST_CASE("a first call that is slow does not make samples short") {
  Workshop shop;
  bool first = true;
  const std::vector cases{Case{"cold", [&] {
                                 shop.now += first ? 0.75 : 0.125;
                                 first = false;
                                 shop.trace += '.';
                               }}};
  REQUIRE(measure(cases, {.rounds = 1, .sample_seconds = 1}, kGoOn, shop.clock()));
  CHECK(shop.trace == "." "." "........");
}

TEST_CASE("a signal ends the measurement before the next case") {
  Workshop shop;
  std::atomic<int> stop{0};
  int calls = 0;
  std::vector cases{shop.makes('a', 1), shop.makes('b', 1)};
  cases.push_back({"stops", [&] {
                     shop.now += 1;
                     if (++calls == 2) stop = 2;
                   }});
  CHECK_FALSE(measure(cases, {.rounds = 5, .sample_seconds = 1}, stop, shop.clock()));
  CHECK(shop.trace == "ab" "ab");
}

TEST_CASE("a summary is the middle of its values and their ends") {
  const Summary odd = summarise({5, 1, 3});
  CHECK(odd.median == 3);
  CHECK(odd.min == 1);
  CHECK(odd.max == 5);
  CHECK(summarise({4, 1, 2, 9}).median == 3);
}

TEST_CASE("a rate is work by time, the slowest sample its least") {
  const Summary rate = rate_of({0.5, 2, 1}, 10);
  CHECK(rate.median == 10);
  CHECK(rate.min == 5);
  CHECK(rate.max == 20);
}

}  // namespace
}  // namespace diecast
