#include <fmt/format.h>

#include "cli/command.hpp"

namespace diecast {

CLI::Validator number_between(double low, double high) {
  const auto check = [low, high](const std::string& text) {
    double value = 0;
    const bool good = CLI::detail::lexical_cast(text, value) && value >= low && value <= high;
    return good ? std::string() : fmt::format("{} is not a number from {} to {}", text, low, high);
  };
  return CLI::Validator([check](std::string& text) { return check(text); }, "");
}

}  // namespace diecast
