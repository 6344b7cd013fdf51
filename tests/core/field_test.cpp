#include <doctest/doctest.h>

#include <cstddef>
#include <diecast/core/element.hpp>
#include <diecast/core/field.hpp>
#include <string_view>
#include <type_traits>

namespace diecast {
namespace {

using Weight = Field<"weight", float, Shape<3, 5>>;  // 60 bytes
using Bias = Field<"bias", BFloat16, Shape<40>>;     // 80 bytes
using Scale = Field<"scale", float, Shape<1>>;
using List = FieldList<Weight, Bias, Scale>;

TEST_CASE("a field takes whole cache lines") {
  CHECK(Weight::bytes == 64);
  CHECK(Bias::bytes == 128);
  CHECK(Scale::bytes == 64);
}

TEST_CASE("fields lie one behind the other in the order of the list") {
  CHECK(List::offset(0) == 0);
  CHECK(List::offset(1) == 64);
  CHECK(List::offset(2) == 192);
  CHECK(List::offset(3) == List::bytes);
  CHECK(List::bytes == 256);
}

TEST_CASE("a field is found by its whole name") {
  using Similar =
      FieldList<Field<"a", float, Shape<1>>, Field<"ab", float, Shape<2>>, Field<"b", float, Shape<3>>>;
  CHECK(Similar::index<"a">() == 0);
  CHECK(Similar::index<"ab">() == 1);
  CHECK(Similar::index<"b">() == 2);
  CHECK(std::is_same_v<List::at<"bias">, Bias>);
  CHECK(std::string_view(List::at<"scale">::name) == "scale");
}

TEST_CASE("an empty list takes no memory") {
  CHECK(FieldList<>::bytes == 0);
  CHECK(FieldList<>::offset(0) == 0);
}

TEST_CASE("rounding up reaches the next multiple and stays on one") {
  CHECK(round_up(0, 64) == 0);
  CHECK(round_up(1, 64) == 64);
  CHECK(round_up(64, 64) == 64);
  CHECK(round_up(65, 64) == 128);
}

}  // namespace
}  // namespace diecast
