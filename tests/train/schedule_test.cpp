#include <diecast/train/schedule.hpp>

#include <cmath>
#include <initializer_list>
#include <numbers>

#include <doctest/doctest.h>

namespace diecast {
namespace {

using Course = Schedule::Course;

Schedule schedule(Course course) {
  return {.course = course, .lr = 1.0, .min_lr = 0.1, .warmup_steps = 10, .decay_steps = 110};
}

TEST_CASE("every course warms up linearly, from the first step on, and reaches the peak") {
  for (const Course course : {Course::constant, Course::linear, Course::cosine, Course::cosine_restarts, Course::wsd,
                              Course::step, Course::exponential, Course::plateau}) {
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

TEST_CASE("restarts begin at their peak, each lower by gamma, and end at the minimum") {
  Schedule s = schedule(Course::cosine_restarts);
  s.cycles = 4;  // of 25 steps
  s.gamma = 0.5;
  CHECK(s.at(10) == doctest::Approx(1.0));
  CHECK(s.at(34) == doctest::Approx(0.1 + 0.9 * 0.5 * (1 + std::cos(std::numbers::pi * 24 / 25))));
  CHECK(s.at(35) == doctest::Approx(0.5));
  CHECK(s.at(60) == doctest::Approx(0.25));
  CHECK(s.at(85) == doctest::Approx(0.125));
  CHECK(s.at(110) == 0.1);
  s.gamma = 0.01;  // a peak below the minimum is the minimum
  CHECK(s.at(40) == 0.1);
}

TEST_CASE("warm-up, stable, decay: the peak until the last share, then down as 1 - sqrt") {
  Schedule s = schedule(Course::wsd);
  s.decay_share = 40.0 / 110;
  CHECK(s.at(69) == 1.0);
  CHECK(s.at(70) == doctest::Approx(1.0));
  CHECK(s.at(80) == doctest::Approx(0.55));
  CHECK(s.at(109) < 0.12);
  CHECK(s.at(110) == 0.1);
}

TEST_CASE("one cycle starts at a 25th of the peak and goes up and down by cosines") {
  const Schedule s = schedule(Course::one_cycle);
  CHECK(s.at(0) > 0.04);
  CHECK(s.at(0) < 0.1);
  CHECK(s.at(4) == doctest::Approx(0.52));
  CHECK(s.at(9) == doctest::Approx(1.0));
  CHECK(s.at(60) == doctest::Approx(0.55));
  CHECK(s.at(110) == 0.1);
}

TEST_CASE("steps fall at once, the exponential course smoothly, neither below the minimum") {
  Schedule stairs = schedule(Course::step), smooth = schedule(Course::exponential);
  for (Schedule* s : {&stairs, &smooth}) {
    s->gamma = 0.5;
    s->every_steps = 20;
    CHECK(s->at(10) == doctest::Approx(1.0));
    CHECK(s->at(30) == doctest::Approx(0.5));
    CHECK(s->at(50) == doctest::Approx(0.25));
    CHECK(s->at(100000) == 0.1);
  }
  CHECK(stairs.at(29) == doctest::Approx(1.0));
  CHECK(smooth.at(20) == doctest::Approx(std::sqrt(0.5)));
}

TEST_CASE("on a plateau every fall takes the rate down by gamma, not below the minimum and not in the warm-up") {
  Schedule s = schedule(Course::plateau);
  s.gamma = 0.5;
  CHECK(s.at(5000) == 1.0);
  CHECK(s.at(5000, 1) == doctest::Approx(0.5));
  CHECK(s.at(5000, 3) == doctest::Approx(0.125));
  CHECK(s.at(5000, 4) == 0.1);
  CHECK(s.at(4, 2) == doctest::Approx(0.5));
}

TEST_CASE("without warm-up the first step has the peak") {
  const Schedule s{.course = Course::linear, .lr = 2.0, .min_lr = 0.0, .decay_steps = 4};
  CHECK(s.at(0) == 2.0);
  CHECK(s.at(3) == doctest::Approx(0.5));
}

}  // namespace
}  // namespace diecast
