#include <memory>

#include <fmt/format.h>

#include <diecast/model/model.hpp>

#include "cli/commands.hpp"
#include "cli/declare.hpp"

// Options of the commands of `tokenizer`.

namespace diecast {
namespace {

Command declare_tokenizer_train(CLI::App& app) {
  auto options = std::make_shared<TokenizerTrainOptions>();
  app.add_option("INPUT", options->inputs, "files, folders, globs or builtin:stories[:N]: plain text, JSONL and "
                                           "Wikipedia dumps, compressed or not");
  app.add_option("--out", options->out, "the tokenizer.json to write")->type_name("FILE")->required();
  app.add_option("--kind", options->kind, "bpe, word, char or byte (tokenizer.kind); byte needs no INPUT")
      ->check(one_of_words({"bpe", "word", "char", "byte"}))
      ->type_name("KIND");
  app.add_option("--vocab-size", options->vocab_size,
                 fmt::format("entries at most ({}, what this preset holds)", active_preset().vocab_size))
      ->check(number_between(1, 1e8))
      ->type_name("N");
  app.add_option("--memory", options->memory,
                 "most memory for counting, as in 500M or 2G; rare pieces are dropped when it is full (tokenizer.memory)")
      ->type_name("SIZE");
  app.add_option("--min-frequency", options->min_frequency,
                 "least occurrences of a merged pair or an entry (bpe: 2, word and char: 1)")
      ->check(number_between(1, 1e15))
      ->type_name("N");
  app.add_option("--pattern", options->pattern, "of the names of a folder's files, as in *.txt (data.pattern)")
      ->type_name("GLOB");
  app.add_option("--text-field", options->text_field, "of a JSONL object (data.text_field)")->type_name("KEY");
  app.add_option("--sample", options->sample, "about so many pages of a Wikipedia dump (data.sample)")
      ->check(number_between(1, 1e12))
      ->type_name("N");
  declare_overrides(app, options->overrides);
  declare_threads(app, options->threads);
  declare_json(app, options->json);
  return [options] { return train_tokenizer(*options); };
}

template <class Options>
void add_tokenizer(CLI::App& app, Options& options) {
  app.add_option("--tokenizer", options.tokenizer, "a tokenizer.json, or the run that has one")
      ->type_name("FILE|RUN")
      ->required();
}

Command declare_tokenizer_encode(CLI::App& app) {
  auto options = std::make_shared<TokenizerEncodeOptions>();
  app.add_option("INPUT", options->input, "a file of text; without it, standard input");
  add_tokenizer(app, *options);
  app.add_flag("--lines", options->lines, "each line is a text and becomes a line of ids");
  declare_threads(app, options->threads);
  declare_json(app, options->json);
  return [options] { return encode(*options); };
}

Command declare_tokenizer_decode(CLI::App& app) {
  auto options = std::make_shared<TokenizerDecodeOptions>();
  app.add_option("IDS-FILE", options->input, "ids with white space between them; without it, standard input");
  add_tokenizer(app, *options);
  app.add_flag("--lines", options->lines, "each line of ids becomes a line of text");
  return [options] { return decode(*options); };
}

Command declare_tokenizer_info(CLI::App& app) {
  auto options = std::make_shared<TokenizerInfoOptions>();
  app.add_option("FILE|RUN", options->tokenizer, "a tokenizer.json, or the run that has one")->required();
  app.add_option("--text", options->text, "measure how it encodes this file")->type_name("FILE");
  declare_json(app, options->json);
  return [options] { return tokenizer_info(*options); };
}

Command declare_tokenizer_import(CLI::App& app) {
  auto options = std::make_shared<TokenizerImportOptions>();
  app.add_option("--vocab", options->vocab, "vocab.json, or OpenAI's encoder.json")->type_name("FILE")->required();
  app.add_option("--merges", options->merges, "merges.txt, or OpenAI's vocab.bpe")->type_name("FILE")->required();
  app.add_option("--out", options->out, "the tokenizer.json to write")->type_name("FILE")->required();
  declare_json(app, options->json);
  return [options] { return import_tokenizer(*options); };
}

constexpr CommandEntry kTokenizerCommands[]{
    {"train", "learn a vocabulary from text", declare_tokenizer_train},
    {"encode", "text to token ids", declare_tokenizer_encode},
    {"decode", "token ids to text", declare_tokenizer_decode},
    {"info", "what a tokenizer is, and how well it fits a text", declare_tokenizer_info},
    {"import", "make a tokenizer.json of GPT-2's two files", declare_tokenizer_import},
};

}  // namespace

Command declare_tokenizer(CLI::App& app) { return declare_commands(app, kTokenizerCommands); }

}  // namespace diecast
