#pragma once

#include <string>

#include <nlohmann/json.hpp>

namespace diecast {

/// JSON on one line. Texts of a user, and tokens, may be any bytes: those that are not UTF-8 become U+FFFD.
inline std::string json_text(const nlohmann::ordered_json& json) {
  return json.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace diecast
