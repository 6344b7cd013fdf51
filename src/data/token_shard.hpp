#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/core/thread_pool.hpp>
#include <diecast/core/token.hpp>
#include <diecast/data/prepared_data.hpp>

#include "core/durable_file.hpp"
#include "core/mapped_file.hpp"

namespace diecast {

/// Bytes of an id: 2 if all ids of the vocabulary fit, else 4.
constexpr std::uint32_t token_width(std::uint64_t vocab_size) { return vocab_size <= 65536 ? 2 : 4; }

/// A document of a shard: tokens `first` ... `end` - 1, the end-of-text after it included.
struct ShardDocument {
  std::uint64_t first = 0, end = 0;
  std::uint64_t id = 0;
  std::string_view name;  ///< as long as the shard lives
};

/// Writes a shard of documents in their order. Until `close` has returned, the file has no header: whatever stops the
/// process leaves nothing that opens as a shard. Throws Error(Fault::run) when writing fails. The layout, little-endian:
///
///     0        ShardHeader (see token_shard.cpp), zeros up to 4096
///     4096     token ids of 2 or 4 bytes, zeros up to a multiple of 8
///              XXH3-64 of each MiB of ids, 8 bytes each
///              for each document its first token, its id and the end of its name, 8 bytes each
///              the names, one after another
class ShardWriter {
 public:
  ShardWriter(std::filesystem::path path, ShardIdentity identity);

  /// Appends a document, or a part of one, made of `text_bytes` bytes of text. Throws Error(Fault::usage) for an id
  /// that the vocabulary does not have.
  void add(std::span<const Token> tokens, std::string_view name, std::uint64_t id, std::uint64_t text_bytes);
  /// Lengthens the last document by a token.
  void extend(Token token);
  std::uint64_t size() const { return tokens_; }
  void close();

 private:
  void append(std::span<const Token> tokens);
  void end_block();

  std::filesystem::path path_;
  ShardIdentity identity_;
  DurableFile file_;
  std::uint32_t width_;
  std::uint64_t tokens_ = 0, text_bytes_ = 0;
  std::vector<std::byte> block_;
  std::vector<std::uint64_t> checksums_;
  std::vector<std::uint64_t> documents_;  // three numbers each, as in the file
  std::string names_;
};

/// A file of token ids, mapped: a shard of `ShardWriter`, nanoGPT's bare uint16, or a shard of llm.c (GPT-2's with
/// uint16, Llama 3's with uint32). Const members are thread-safe.
class TokenShard {
 public:
  enum class Format { diecast, nanogpt, llmc };

  /// Checks all but the ids. Throws Error(Fault::usage) for a file that is none of these and Error(Fault::run) for a
  /// shard that is damaged or cut short.
  explicit TokenShard(const std::filesystem::path& path);

  /// Reads all ids once, on all threads: compares their checksums, finds the largest. Throws Error(Fault::run) for a
  /// block that has changed and Error(Fault::usage) for an id that is not below `vocab_size`.
  void verify(ThreadPool& pool, std::uint64_t vocab_size);

  const std::filesystem::path& path() const { return file_.path(); }
  Format format() const { return format_; }
  std::uint64_t size() const { return tokens_; }
  std::uint32_t width() const { return width_; }
  std::uint64_t file_bytes() const { return file_.bytes().size(); }

  /// Of Diecast's shards alone; no other says it.
  const ShardIdentity& identity() const { return identity_; }
  std::uint64_t text_bytes() const { return text_bytes_; }
  std::uint64_t documents() const { return documents_; }
  ShardDocument document(std::uint64_t index) const;
  /// The document that has this token.
  std::uint64_t document_of(std::uint64_t token) const;

  /// XXH3-64 of the ids' checksums, once they are verified.
  std::uint64_t hash() const;

  /// Fills `out` with the ids from `first` on, of which there are as many.
  void copy(std::uint64_t first, std::span<Token> out) const;
  /// Gives back the memory of what was read.
  void release() const { file_.release(); }

 private:
  void open_diecast();
  void open_llmc();
  void open_nanogpt();
  std::span<const std::byte> ids() const;
  std::uint64_t index_number(std::uint64_t at) const;

  MappedFile file_;
  Format format_ = Format::diecast;
  std::uint64_t begin_ = 0;  // of the ids in the file
  std::uint64_t tokens_ = 0;
  std::uint32_t width_ = 2;
  ShardIdentity identity_;
  std::uint64_t text_bytes_ = 0, documents_ = 0;
  std::uint64_t table_ = 0, names_ = 0;  // where they begin in the file
  std::vector<std::uint64_t> checksums_;
};

}  // namespace diecast
