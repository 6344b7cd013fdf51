#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include <nlohmann/json_fwd.hpp>

namespace diecast {

/// The step that a line of a run's JSONL files is of; nothing for what is no such line, as one cut off by a crash.
std::optional<std::uint64_t> step_of_line(const nlohmann::ordered_json& line);

/// Drops the lines of steps after `last_step`, which a resumed run repeats, and those that are none; nothing else is
/// touched. Throws Error(Fault::run).
void keep_lines_up_to(const std::filesystem::path& path, std::uint64_t last_step);

}  // namespace diecast
