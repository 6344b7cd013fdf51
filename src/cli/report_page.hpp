#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

namespace diecast {

/// Throws Error(Fault::usage) in a binary that was built without uPlot, which draws the page's charts. `what` wants it.
void check_report_page(const char* what);

/// The page of these runs, a list of `run_record`s: one file that needs nothing beside itself.
std::string page_of_runs(const nlohmann::ordered_json& runs);

}  // namespace diecast
