#include <diecast/train/schedule.hpp>

#include <initializer_list>

#include <doctest/doctest.h>

namespace diecast {
namespace {

using Course = Schedule::Course;

Schedule schedule(Course course) {
  return {.course = course, .lr = 1.0, .min_lr = 0.1, .warmup_steps = 10, .decay_steps = 110};
}

TEST_CASE("every course warms up linearly, from the first step on, and reaches the peak") {
  for (const Course course : {Course::constant, Course::linear, Course::cosine}) {
    const Schedule s = schedule(course);
    CHECK(s.at(0) == doctest::Approx(0.1));
    CHECK(s.at(4) == doctest::Approx(0.5));
    CHECK(s.at(9) == doctest::Approx(1.0));
    CHECK(s.at(10) == doctest::Approx(1.0));
  }
}

TEST_CASE("the linear and the cosine course are half-way down in the middle") {
  CHECK(schedule(Course::linear).at(60) == doctest::Approx(0.55));
  CHECK(schedule(Course::cosine).at(60) == doctest::Approx(0.55));
}

TEST_CASE("the cosine course stays above the line before the middle and below it after") {
  CHECK(schedule(Course::cosine).at(35) > schedule(Course::linear).at(35));
  CHECK(schedule(Course::cosine).at(85) < schedule(Course::linear).at(85));
}

TEST_CASE("after its end a course stays at the minimum, but the constant one at the peak") {
  for (const std::uint64_t step : {110u, 111u, 100000u}) {
    CHECK(schedule(Course::linear).at(step) == 0.1);
    CHECK(schedule(Course::cosine).at(step) == 0.1);
    CHECK(schedule(Course::constant).at(step) == 1.0);
  }
}

TEST_CASE("a warm-up that is longer than the course still has a rate at every step") {
  const Schedule s{.course = Course::cosine, .lr = 1.0, .min_lr = 0.1, .warmup_steps = 20, .decay_steps = 5};
  CHECK(s.at(5) == doctest::Approx(0.3));
  CHECK(s.at(20) == 0.1);
}

TEST_CASE("without warm-up the first step has the peak") {
  const Schedule s{.course = Course::linear, .lr = 2.0, .min_lr = 0.0, .decay_steps = 4};
  CHECK(s.at(0) == 2.0);
  CHECK(s.at(3) == doctest::Approx(0.5));
}

}  // namespace
}  // namespace diecast
