#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/run_folder.hpp>
#include <diecast/core/error.hpp>

#include "cli/commands.hpp"
#include "cli/report_page.hpp"
#include "cli/run_record.hpp"
#include "core/durable_file.hpp"

namespace diecast {
namespace {

// A folder's own name where that tells the runs apart, else the path as given.
std::vector<std::string> names_of_runs(const std::vector<RunFolder>& folders, const std::vector<std::string>& paths) {
  std::vector<std::string> names;
  for (const RunFolder& folder : folders) names.push_back(folder.path().filename().string());
  return std::set(names.begin(), names.end()).size() == names.size() ? names : paths;
}

}  // namespace

int report(const ReportOptions& options) {
  check_report_page("report");
  std::vector<RunFolder> folders;
  for (const std::string& path : options.runs) folders.push_back(RunFolder::open(path));
  const std::vector<std::string> names = names_of_runs(folders, options.runs);
  nlohmann::ordered_json runs = nlohmann::ordered_json::array();
  for (std::size_t i = 0; i < folders.size(); ++i) {
    runs.push_back(run_record(folders[i], names[i]));
    if (runs.back()["columns"]["step"].empty())
      throw Error(Fault::usage, "nothing was logged yet", folders[i].metrics().string(), "let the run log a first line");
  }
  const std::string page = page_of_runs(runs);
  replace_file(options.out, page);
  fmt::print("{}: {} run{}, {} bytes; open it in a browser\n", options.out, folders.size(), folders.size() == 1 ? "" : "s",
             page.size());
  return 0;
}

}  // namespace diecast
