#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/hana/adapt_struct.hpp>

#include <diecast/config/param_group.hpp>
#include <diecast/config/setting.hpp>

namespace diecast {

using Count = Setting<std::uint64_t>;
using Flag = Setting<bool>;
using Groups = Setting<std::vector<ParamGroup>>;
using Real = Setting<double>;
using Reals = Setting<std::vector<double>>;
using Text = Setting<std::string>;
using Texts = Setting<std::vector<std::string>>;

struct RunSection {
  Text out{"", "run folder; empty: runs/PRESET-N, the first that is free"};
  Count seed{1, "of parameters, data order, dropout and samples"};
  Count threads{0, "0: one for each CPU this process may use", between(0, 1024)};
};

struct DataSection {
  Texts source{{"builtin:stories"},
               "file, folder, glob, builtin:stories[:N], folder of `data prepare`, or a list of these"};
  Reals weights{{}, "of a mixture, a number for each source; empty: one after another"};
  Text pattern{"", "of the files taken from a folder; empty: all of a known kind"};
  Text text_field{"text", "of the objects in a .jsonl file"};
  Text split{"file", "where a plain text ends one document: file, blank_lines, separator",
             one_of({"file", "blank_lines", "separator"})};
  Text separator{"", "of split = \"separator\""};
  Count max_bad{100, "lines of .jsonl files that may be bad"};
  Count sample{0, "about so many pages of a Wikipedia dump, chosen by their ids; 0: all"};
  Real validation_fraction{0.05, "share of the documents kept for validation", from_below(0, 1)};
  Text packing{"packed", "packed: windows over all documents; padded: each document in rows of its own",
               one_of({"packed", "padded"})};
  Flag attend_across{false, "in packed windows, documents see those before them"};
  Flag shuffle{true, "draw the windows in a random order, another one each epoch"};
  Count prefetch_batches{4, "batches made ahead of the model", between(0, 1024)};
  Count workers{1, "threads that make batches; 0: the trainer itself", between(0, 256)};
};

struct TokenizerSection {
  Text kind{"bpe", "bpe, which is byte-level, word, char or byte", one_of({"bpe", "word", "char", "byte"})};
  Text file{"", "a tokenizer.json; empty: train one on the training documents"};
  Text memory{"", "most memory for counting a vocabulary's pieces, as in 500M or 2G; empty: no limit"};
};

struct TrainSection {
  Count max_steps{0, "stop after so many optimizer steps; 0: no limit"};
  Count max_tokens{0, "stop after so many tokens; 0: no limit"};
  Real max_epochs{0, "stop after so many passes over the corpus; 0: no limit", between(0, 1e9)};
  Real max_minutes{0, "stop after so much time; 0: no limit", between(0, 1e9)};
  Count micro_batches{1, "micro-batches summed into one optimizer step, as if they were one batch", between(1, 65536)};
  Real label_smoothing{0, "share of each target's probability spread over the vocabulary, in the training loss only",
                       from_below(0, 1)};
  Real z_loss{0, "weight of the squared logarithm of the softmax's sum, as 1e-4, in the training loss only; 0: none",
              at_least(0)};
};

struct OptimizerSection {
  Text name{"adamw", "update rule; muon is AdamW for all but the blocks' matrices",
            one_of({"adamw", "muon", "lion", "sgd"})};
  Real lr{3e-3, "peak learning rate", above(0)};
  Real beta1{0.9, "decay of the mean of gradients; lion: of the share of the momentum in the update", from_below(0, 1)};
  Real beta2{0.95, "decay of the mean of squared gradients; lion: of the momentum", from_below(0, 1)};
  Real momentum{0.95, "muon, sgd: decay of the sum of gradients", from_below(0, 1)};
  Real eps{1e-8, "added to the root of the mean square", above(0)};
  Real weight_decay{0.1, "of matrices; norms and biases have none", at_least(0)};
  Real grad_clip{1, "largest norm of the gradient; 0: no limit", at_least(0)};
  Real gradient_noise{0, "variance of noise added to gradients, falling with the steps; 0: none", at_least(0)};
  Real ema_decay{0, "evaluate and sample a moving mean of the weights that keeps so much a step; 0: the weights",
                 from_below(0, 1)};
  Groups groups{{},
                "parameters with rates and decays of their own, as in [{match = \"*norm*\", lr = 0.5, weight_decay = 0}]: "
                "lr times the rate, the first match counts"};
};

struct ScheduleSection {
  Text name{"cosine", "course of the learning rate",
            one_of({"constant", "linear", "cosine", "cosine_restarts", "wsd", "one_cycle", "step", "exponential",
                    "plateau"})};
  Count warmup_steps{0, "steps from 0 to the peak"};
  Real min_lr{0, "learning rate at the end", at_least(0)};
  Count decay_steps{0, "step at which min_lr is reached; 0: the last one"};
  Real decay_share{0.2, "wsd: share of the run in which the rate falls", between(0, 1)};
  Real gamma{0.1, "step, exponential, plateau: factor of each fall; cosine_restarts: of each peak", above(0)};
  Count every_steps{0, "step, exponential: steps after which the rate is gamma of what it was"};
  Count cycles{1, "cosine_restarts: how many", between(1, 1e9)};
  Count patience{3, "plateau: evaluations without improvement after which the rate falls", between(1, 1e9)};
};

struct CheckpointSection {
  Count every_steps{0, "0: not by steps"};
  Real every_minutes{10, "0: not by time", at_least(0)};
  Count keep_last{2, "older checkpoints are deleted; 0: keep all"};
  Count keep_every{0, "... but not those of steps that are multiples of this; 0: no such steps"};
  Flag keep_best{true, "keep a checkpoint of the best validation loss too"};
};

struct EvalSection {
  Count every_steps{0, "validation loss every so many steps; 0: only at the end"};
  Count max_batches{0, "micro-batches read for it before the end of the run; 0: all"};
  Count patience{0, "end the run after so many evaluations without improvement; 0: never"};
  Real min_improvement{0, "of the validation loss, to count as one", at_least(0)};
  Text hellaswag{"", "a file of HellaSwag's questions in llm.c's format, to answer at the end and with eval; empty: none"};
};

struct SampleSection {
  Count every_steps{0, "samples every so many steps, to log.txt; 0: only at the end"};
  Texts prompts{{}, "texts to continue"};
  Count max_tokens{100, "length of a sample", at_least(1)};
};

struct SpikeSection {
  Text policy{"off", "what to do when loss or gradient jump: off, skip the update, stop, rewind to a checkpoint",
              one_of({"off", "skip", "stop", "rewind"})};
  Real z_score{6, "deviations above the running mean that are a jump", above(0)};
  Count window{100, "steps that the running mean and deviation remember", between(2, 1e9)};
};

struct LogSection {
  Count every_steps{10, "a line of metrics.jsonl every so many steps", at_least(1)};
  Text level{"info", "what is said on stderr", one_of({"error", "warning", "info"})};
  Flag tensorboard{false, "also write TensorBoard event files, into RUN/tensorboard"};
};

/// Everything a run can be told, as the TOML file has it. `[model]`, which only repeats the preset, is
/// checked when it is read and not kept. Each member's text is its documentation, also in `train --help`.
struct RunConfig {
  RunSection run;
  DataSection data;
  TokenizerSection tokenizer;
  TrainSection train;
  OptimizerSection optimizer;
  ScheduleSection schedule;
  CheckpointSection checkpoint;
  EvalSection eval;
  SampleSection sample;
  SpikeSection spike;
  LogSection log;
};

/// A TOML text and the name it has in errors.
struct TomlText {
  std::string_view text;
  std::string_view name;
};

/// Resolves a configuration: the defaults above, then each of `files`, then each of `overrides` ("KEY=VALUE",
/// the value in TOML, else a string). A file that sets a limit of [train] drops the limits of those before
/// it. `fixed_model` is what [model] may repeat, a TOML line `name = value` for each field of the preset; of
/// `free_field` it may say anything.
/// Throws Error(Fault::usage) with file:line:column for an unknown key, a wrong type, a value out of range,
/// one that contradicts the preset, and one that this version cannot honour.
RunConfig resolve_run_config(std::span<const TomlText> files, std::span<const std::string> overrides,
                             std::string_view fixed_model, std::string_view free_field = {});

/// The whole configuration, [model] included; `resolve_run_config` reads the same back.
std::string to_toml(RunConfig config, std::string_view fixed_model);

/// One line for each key, its help and its value in `config`.
std::string describe_settings(RunConfig config);

/// A configuration file that changes nothing: every key with its help, what it may be and its value in `config`.
std::string reference_toml(RunConfig config);

/// TOML of the keys that a file or --set has given a value, or of `all`, each with where the value came from.
std::string origins_toml(RunConfig config, bool all);

}  // namespace diecast

BOOST_HANA_ADAPT_STRUCT(diecast::RunSection, out, seed, threads);
BOOST_HANA_ADAPT_STRUCT(diecast::DataSection, source, weights, pattern, text_field, split, separator, max_bad, sample,
                        validation_fraction, packing, attend_across, shuffle, prefetch_batches, workers);
BOOST_HANA_ADAPT_STRUCT(diecast::TokenizerSection, kind, file, memory);
BOOST_HANA_ADAPT_STRUCT(diecast::TrainSection, max_steps, max_tokens, max_epochs, max_minutes, micro_batches,
                        label_smoothing, z_loss);
BOOST_HANA_ADAPT_STRUCT(diecast::OptimizerSection, name, lr, beta1, beta2, momentum, eps, weight_decay, grad_clip,
                        gradient_noise, ema_decay, groups);
BOOST_HANA_ADAPT_STRUCT(diecast::ScheduleSection, name, warmup_steps, min_lr, decay_steps, decay_share, gamma,
                        every_steps, cycles, patience);
BOOST_HANA_ADAPT_STRUCT(diecast::CheckpointSection, every_steps, every_minutes, keep_last, keep_every, keep_best);
BOOST_HANA_ADAPT_STRUCT(diecast::EvalSection, every_steps, max_batches, patience, min_improvement, hellaswag);
BOOST_HANA_ADAPT_STRUCT(diecast::SampleSection, every_steps, prompts, max_tokens);
BOOST_HANA_ADAPT_STRUCT(diecast::SpikeSection, policy, z_score, window);
BOOST_HANA_ADAPT_STRUCT(diecast::LogSection, every_steps, level, tensorboard);
BOOST_HANA_ADAPT_STRUCT(diecast::RunConfig, run, data, tokenizer, train, optimizer, schedule, checkpoint,
                        eval, sample, spike, log);
