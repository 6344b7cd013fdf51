#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/core/error.hpp>

#include "cli/commands.hpp"
#include "cli/run_record.hpp"
#include "core/durable_file.hpp"

namespace diecast {
namespace {

constexpr std::string_view kRunsMark = "@@RUNS@@";

// A folder's own name where that tells the runs apart, else the path as given.
std::vector<std::string> names_of_runs(const std::vector<RunFolder>& folders, const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const RunFolder& folder : folders) names.push_back(folder.path().filename().string());
  return std::set(names.begin(), names.end()).size() == names.size() ? names : paths;
}

// No text in it ends the element it stands in or begins a comment.
std::string json_for_script(const nlohmann::ordered_json& value) {
  const std::string text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  std::string safe;
  for (const char c : text) c == '<' ? safe += "\\u003c" : safe += c;
  return safe;
}

}  // namespace

int report(const ReportOptions& options) {
  if (report_page.empty())
    throw Error(Fault::usage, "this binary was built without uPlot, which draws the charts", "report",
                "run scripts/setup.sh and build again");
  std::vector<RunFolder> folders;
  for (const std::string& path : options.runs) folders.push_back(RunFolder::open(path));
  const std::vector<std::string> names = names_of_runs(folders, options.runs);
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < folders.size(); ++i) runs.push_back(run_record(folders[i], names[i]));
  std::string page(report_page);
  page.replace(page.find(kRunsMark), kRunsMark.size(), json_for_script(runs));
  replace_file(options.out, page);
  fmt::print("{}: {} run{}, {} bytes; open it in a browser\n", options.out, folders.size(), folders.size() == 1 ? "" : "s",
             page.size());
  return 0;
}

}  // namespace diecast
