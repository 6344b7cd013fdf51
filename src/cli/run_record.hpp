#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include <diecast/checkpoint/run_folder.hpp>

namespace diecast {

/// What a report shows of a run: an object of `name`, `preset`, `settings` (name to text), `config` (the file's text),
/// `columns` (of metrics.jsonl, a list for each key, null where a line lacks it), `samples` (of samples.jsonl), `machine`
/// and `profile` (those files, or null). The run may be of any preset, go on, have logged nothing or have been cut short:
/// lines that are torn are left out.
nlohmann::ordered_json run_record(const RunFolder& folder, const std::string& name);

}  // namespace diecast
