#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <diecast/checkpoint/checkpoint.hpp>
#include <diecast/core/error.hpp>
#include <diecast/data/prepared_data.hpp>
#include <diecast/machine/memory.hpp>
#include <diecast/preset/fields.hpp>
#include <diecast/tokenizer/load.hpp>

#include "cli/commands.hpp"
#include "cli/loaded_run.hpp"
#include "cli/preset_config.hpp"
#include "cli/run_data.hpp"
#include "cli/temporary_cache.hpp"
#include "core/json_text.hpp"

namespace diecast {
namespace {

namespace fs = std::filesystem;

struct SetTotals {
  std::uint64_t tokens = 0, documents = 0, text_bytes = 0;
};

SetTotals totals_of(const std::vector<ShardEntry>& entries) {
  SetTotals totals;
  for (const ShardEntry& entry : entries) {
    totals.tokens += entry.tokens;
    totals.documents += entry.documents;
    totals.text_bytes += entry.text_bytes;
  }
  return totals;
}

void print_description(const DataDescription& data, bool json) {
  if (json) {
    fmt::print("{}\n", json_text(parse_json(to_json(data))));
    return;
  }
  fmt::print("tokenizer    {}, {} tokens, hash {:016x}\n", data.identity.tokenizer_kind, data.identity.vocab_size,
             data.identity.tokenizer_hash);
  fmt::print("width        {} bytes a token\n", data.identity.vocab_size <= 65536 ? 2 : 4);
  for (const std::string& source : data.sources) fmt::print("source       {}\n", source);
  const auto print_set = [](const char* name, const std::vector<ShardEntry>& entries) {
    const SetTotals totals = totals_of(entries);
    fmt::print("{:<12} {} tokens of {} documents, {} of text, in {} shards\n", name, totals.tokens, totals.documents,
               readable_bytes(totals.text_bytes), entries.size());
  };
  print_set("train", data.train);
  print_set("validation", data.validation);
}

// A document that fed a step, and how much of it.
struct Feed {
  std::size_t part;
  std::string name;
  std::uint64_t id;
  std::uint64_t tokens;
};

std::vector<Feed> documents_of_step(const BatchStream& batches, std::uint64_t first_batch, std::uint64_t micro_batches) {
  std::vector<Feed> feeds;
  std::map<std::tuple<std::size_t, std::uint64_t, std::string>, std::size_t> places;
  for (std::uint64_t index = first_batch; index < first_batch + micro_batches; ++index)
    for (std::size_t i = 0; i < batches.options().batch_size; ++i) {
      const BatchRow row = batches.row(index, i);
      for (const TokenOrigin& origin : batches.tokens(row.part).origins(row.first, row.length)) {
        const std::string name(origin.name);
        const auto [place, is_new] = places.try_emplace({row.part, origin.id, name}, feeds.size());
        if (is_new) feeds.push_back({row.part, name, origin.id, 0});
        feeds[place->second].tokens += origin.tokens;
      }
    }
  return feeds;
}

}  // namespace

int data_prepare(const DataPrepareOptions& options) {
  RunConfig config = resolve_preset_config({}, options.overrides);
  config.data.source.value = options.inputs;
  config.data.weights.value.clear();
  if (!options.tokenizer.empty())
    config.tokenizer.file.value = fs::is_directory(options.tokenizer)
                                      ? (fs::path(options.tokenizer) / "tokenizer.json").string()
                                      : options.tokenizer;
  Log log(Log::Level::info);
  ThreadPool pool(options.threads, Waiting::block);  // other threads decompress
  RunData data(config, log);
  if (!data.is_text())
    throw Error(Fault::usage, "there is nothing to prepare: these are tokens already",
                fmt::format("{}", fmt::join(options.inputs, ", ")), "name them as data.source");
  make_way(options.out);  // before a tokenizer is learnt
  const auto tokenizer = data.make_tokenizer(active_preset().vocab_size, pool);
  print_description(data.prepare(*tokenizer, options.out, pool), options.json);
  return 0;
}

int data_info(const DataFolderOptions& options) {
  print_description(read_description(options.folder), options.json);
  return 0;
}

int data_verify(const DataFolderOptions& options) {
  ThreadPool pool;
  const DataDescription description = read_description(options.folder);
  const auto start = std::chrono::steady_clock::now();
  const TokenSets sets = open_prepared(options.folder, description, pool);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const std::uint64_t tokens = sets.train.size() + sets.validation.size();
  const std::uint64_t bytes = tokens * (description.identity.vocab_size <= 65536 ? 2 : 4);
  const std::size_t shards = description.train.size() + description.validation.size();
  if (options.json)
    fmt::print("{}\n", json_text(nlohmann::ordered_json{{"shards", shards},
                                                        {"tokens", tokens},
                                                        {"bytes", bytes},
                                                        {"seconds", seconds},
                                                        {"intact", true}}));
  else
    fmt::print("{} shards are intact: {} tokens, {} at {:.1f} GB/s\n", shards, tokens, readable_bytes(bytes),
               static_cast<double>(bytes) / 1e9 / std::max(seconds, 1e-9));
  return 0;
}

int data_why(const DataWhyOptions& options) {
  Log log(Log::Level::warning);
  const RunFolder folder = RunFolder::open(options.run);
  const RunConfig config = config_of_run(folder);
  const auto checkpoint = find_latest(folder);
  const TrainState state = checkpoint ? state_of(*checkpoint) : TrainState{};
  if (options.step == 0) throw Error(Fault::usage, "steps count from 1", "--step 0", "give one of the run's");
  const std::uint64_t micro_batches = config.train.micro_batches;
  if (state.micro_steps != first_micro_step(state, state.step + 1, micro_batches))
    throw Error(Fault::usage, "train.micro_batches was changed during the run", options.run,
                "no step of it can be traced then");
  const auto tokenizer = load_tokenizer(folder.tokenizer());
  ThreadPool pool(config.run.threads);
  RunData data(config, log);
  TemporaryCache scratch;
  const RunTokens tokens = data.open(*tokenizer, folder.cache(), &scratch, pool);
  if (checkpoint && tokens.train_hash() != state.train_hash)
    throw Error(Fault::usage, "the training text has changed since the checkpoint", checkpoint->string(), "restore it");
  const BatchStream batches(tokens.train, batch_options(config, *tokenizer));
  const std::vector<Feed> feeds =
      documents_of_step(batches, first_micro_step(state, options.step, micro_batches), micro_batches);
  const std::uint64_t rows = micro_batches * active_preset().batch_size;
  if (options.json) {
    auto documents = nlohmann::ordered_json::array();
    for (const Feed& feed : feeds)
      documents.push_back({{"name", feed.name}, {"id", feed.id}, {"source", feed.part}, {"tokens", feed.tokens}});
    const nlohmann::ordered_json json{{"step", options.step}, {"rows", rows}, {"documents", documents}};
    fmt::print("{}\n", json_text(json));
    return 0;
  }
  fmt::print("step {}: {} rows of {} documents\n", options.step, rows, feeds.size());
  for (const Feed& feed : feeds) fmt::print("{:>8} tokens of {} (id {})\n", feed.tokens, feed.name, feed.id);
  return 0;
}

}  // namespace diecast
