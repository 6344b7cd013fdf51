#include <diecast/report/text_plot.hpp>

#include <doctest/doctest.h>

using namespace diecast;

using Lines = std::vector<std::string>;

TEST_CASE("a curve's largest value touches the top, 0 the bottom, and each line has two heights") {
  CHECK(plot_lines(std::vector<double>{0, 1, 2, 3}, 2) == Lines{"  .'", ".'"});
  CHECK(plot_lines(std::vector<double>{3, 3, 0}, 2) == Lines{"''", "  ."});
  CHECK(plot_lines(std::vector<double>{7}, 1) == Lines{"'"});
}

TEST_CASE("a curve that is 0 lies on the bottom, and one of nothing leaves its lines empty") {
  CHECK(plot_lines(std::vector<double>{0, 0}, 2) == Lines{"", ".."});
  CHECK(plot_lines({}, 2) == Lines{"", ""});
}
