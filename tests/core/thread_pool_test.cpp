#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <diecast/core/thread_pool.hpp>
#include <stdexcept>
#include <vector>

namespace diecast {
namespace {

TEST_CASE("every task runs once, on a thread that the pool has") {
  for (const std::size_t threads : {1, 2, 3, 7})
    for (const std::size_t count : {0, 1, 2, 5, 64, 1000}) {
      ThreadPool pool(threads, count % 2 == 0 ? Waiting::spin : Waiting::block);
      CAPTURE(threads);
      CAPTURE(count);
      CHECK(pool.threads() == threads);
      std::vector<std::atomic<int>> calls(count);
      std::atomic<std::size_t> strangers{0};
      pool.run(count, [&](std::size_t task, std::size_t thread) {
        ++calls[task];
        if (thread >= threads) ++strangers;
      });
      std::size_t not_once = 0;
      for (const auto& c : calls) not_once += c == 1 ? 0 : 1;
      CHECK(not_once == 0);
      CHECK(strangers == 0);
    }
}

TEST_CASE("what tasks wrote is there when run returns, and what was written before is there for them") {
  ThreadPool pool(3);
  std::vector<std::size_t> values(100, 1);  // not atomic
  for (std::size_t round = 0; round < 200; ++round)
    pool.run(values.size(), [&](std::size_t task, std::size_t) { values[task] += values[task] % 7 + task; });
  std::vector<std::size_t> expected(values.size(), 1);
  for (std::size_t round = 0; round < 200; ++round)
    for (std::size_t task = 0; task < expected.size(); ++task) expected[task] += expected[task] % 7 + task;
  CHECK(values == expected);
}

TEST_CASE("no two tasks have the same thread at the same time") {
  ThreadPool pool(3);
  std::vector<std::atomic<int>> busy(pool.threads());
  std::atomic<std::size_t> shared{0};
  for (std::size_t round = 0; round < 50; ++round)
    pool.run(60, [&](std::size_t, std::size_t thread) {
      if (busy[thread].fetch_add(1) != 0) ++shared;
      busy[thread].fetch_sub(1);
    });
  CHECK(shared == 0);
}

TEST_CASE("a pool of no stated size has a thread for each CPU of the process") {
  CHECK(available_cpus() >= 1);
  CHECK(ThreadPool().threads() == available_cpus());
}

TEST_CASE("an exception in a task is thrown again when all are done, and the pool goes on") {
  for (const std::size_t threads : {1, 3}) {
    ThreadPool pool(threads);
    std::atomic<int> calls{0};
    CHECK_THROWS_AS(pool.run(50,
                             [&](std::size_t task, std::size_t) {
                               ++calls;
                               if (task % 7 == 3) throw std::runtime_error("no");
                             }),
                    std::runtime_error);
    CHECK(calls == 50);
    pool.run(50, [&](std::size_t, std::size_t) { ++calls; });
    CHECK(calls == 100);
  }
}

TEST_CASE("two pools work side by side") {
  ThreadPool one(2), other(2);
  std::atomic<int> calls{0};
  for (int round = 0; round < 20; ++round) {
    one.run(4, [&](std::size_t, std::size_t) { ++calls; });
    other.run(4, [&](std::size_t, std::size_t) { ++calls; });
  }
  CHECK(calls == 160);
}

}  // namespace
}  // namespace diecast
