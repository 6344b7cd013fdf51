#include "train/step_lines.hpp"

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include <nlohmann/json.hpp>

#include "core/durable_file.hpp"
#include "core/json_text.hpp"

namespace diecast {

std::optional<std::uint64_t> step_of_line(const nlohmann::ordered_json& line) {
  if (!line.is_object() || !line.contains("step") || !line["step"].is_number_unsigned()) return {};
  return line["step"].get<std::uint64_t>();
}

void keep_lines_up_to(const std::filesystem::path& path, std::uint64_t last_step) {
  std::ifstream file(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(file), {}};
  std::istringstream lines(content);
  std::string kept;
  for (std::string line; std::getline(lines, line);) {
    const auto step = step_of_line(parse_json(line));
    if (step && *step <= last_step) kept += line + '\n';
  }
  if (kept != content) replace_file(path, kept);
}

}  // namespace diecast
