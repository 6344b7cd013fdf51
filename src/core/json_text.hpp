#pragma once

#include <string>
#include <string_view>

#include <nlohmann/json.hpp>

// The library's parser and printer of ordered values, compiled in one unit: in each they would be a twentieth of it.
namespace diecast {

/// The value that `text` is; its is_discarded() where it is no JSON.
nlohmann::ordered_json parse_json(std::string_view text);

/// JSON on one line, or with lines indented by `indent` spaces a level. Texts of a user, and tokens, may be any bytes:
/// those that are not UTF-8 become U+FFFD.
std::string json_text(const nlohmann::ordered_json& json, int indent = -1);

}  // namespace diecast
