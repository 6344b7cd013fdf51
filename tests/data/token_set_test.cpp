#include <diecast/data/token_set.hpp>

#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "data/token_shard.hpp"
#include "tests/temporary_folder.hpp"

namespace diecast {
namespace {

// Shards of 0 ... 99, 100 ... 199 and so on, ten tokens a document.
class ShardsOfHundreds {
 public:
  std::shared_ptr<const TokenShard> shard(Token hundred) {
    const auto path = folder_ / std::to_string(hundred);
    std::vector<Token> tokens(10);
    ShardWriter writer(path, {.tokenizer_kind = "x", .vocab_size = 1000});
    for (Token ten = 0; ten < 10; ++ten) {
      std::iota(tokens.begin(), tokens.end(), hundred * 100 + ten * 10);
      writer.add(tokens, "document " + std::to_string(hundred * 10 + ten), ten, 30);
    }
    writer.close();
    return std::make_shared<TokenShard>(path);
  }

 private:
  testing::TemporaryFolder folder_;
};

std::vector<Token> read(const TokenSet& set, std::uint64_t first, std::size_t count) {
  std::vector<Token> tokens(count);
  set.copy(first, tokens);
  return tokens;
}

TEST_CASE("a stretch of a set crosses from part to part") {
  ShardsOfHundreds shards;
  const std::vector<Token> memory{900, 901};
  TokenSet set(memory);
  set.append(shards.shard(1), 95, 5);
  set.append(shards.shard(3), 0, 100);
  CHECK(set.size() == 107);
  CHECK(read(set, 0, 9) == std::vector<Token>{900, 901, 195, 196, 197, 198, 199, 300, 301});
  CHECK(read(set, 106, 1) == std::vector<Token>{399});
  CHECK(read(set.part(1, 3), 0, 3) == std::vector<Token>{901, 195, 196});
  CHECK(set.part(1, 3).size() == 3);
  TokenSet twice = set;
  twice.append(set);
  CHECK(read(twice, 106, 3) == std::vector<Token>{399, 900, 901});
  std::vector<Token> pieces;
  twice.for_each_piece([&](std::uint64_t first, std::span<const Token> piece) {
    CHECK(first == pieces.size());
    pieces.insert(pieces.end(), piece.begin(), piece.end());
  });
  CHECK(pieces == read(twice, 0, 214));
}

TEST_CASE("the documents of a stretch are named with what it has of each") {
  ShardsOfHundreds shards;
  TokenSet set;
  set.append(shards.shard(1), 0, 100);
  set.append(shards.shard(2), 50, 50);
  const auto origins = set.origins(88, 24);
  REQUIRE(origins.size() == 4);
  CHECK(origins[0].name == "document 18");
  CHECK(origins[0].tokens == 2);
  CHECK(origins[1].name == "document 19");
  CHECK(origins[1].tokens == 10);
  CHECK(origins[2].name == "document 25");
  CHECK(origins[2].id == 5);
  CHECK(origins[2].tokens == 10);
  CHECK(origins[3].tokens == 2);
}

TEST_CASE("a hash tells other tokens, another stretch and another order") {
  ShardsOfHundreds shards;
  const auto set_of = [](std::vector<std::shared_ptr<const TokenShard>> parts, std::uint64_t count) {
    TokenSet set;
    for (auto& part : parts) set.append(part, 0, count);
    return set.hash();
  };
  const auto one = shards.shard(1), two = shards.shard(2), again = shards.shard(1);
  CHECK(set_of({one, two}, 100) == set_of({again, two}, 100));
  CHECK(set_of({one, two}, 100) != set_of({two, one}, 100));
  CHECK(set_of({one, two}, 100) != set_of({one, two}, 99));
  CHECK(set_of({one}, 100) != set_of({two}, 100));
  CHECK(TokenSet().hash() != set_of({one}, 100));
}

TEST_CASE("the bytes of text are known when every part knows them") {
  ShardsOfHundreds shards;
  TokenSet set;
  set.append(shards.shard(1), 0, 100);
  CHECK(set.text_bytes() == 300);
  const std::vector<Token> memory{1};
  set.append(TokenSet(memory));
  CHECK(set.text_bytes() == 0);
}

}  // namespace
}  // namespace diecast
