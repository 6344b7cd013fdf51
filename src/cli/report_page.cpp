#include "cli/report_page.hpp"

#include <nlohmann/json.hpp>

#include <diecast/core/error.hpp>

#include "cli/commands.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

constexpr std::string_view kRunsMark = "@@RUNS@@";

// No text in it ends the element it stands in or begins a comment.
std::string json_for_script(const nlohmann::ordered_json& value) {
  std::string safe;
  for (const char c : json_text(value)) c == '<' ? safe += "\\u003c" : safe += c;
  return safe;
}

}  // namespace

void check_report_page(const char* what) {
  if (report_page.empty())
    throw Error(Fault::usage, "this binary was built without uPlot, which draws the charts", what,
                "run scripts/setup.sh and build again");
}

std::string page_of_runs(const nlohmann::ordered_json& runs) {
  std::string page(report_page);
  return page.replace(page.find(kRunsMark), kRunsMark.size(), json_for_script(runs));
}

}  // namespace diecast
