// For libFuzzer: with DIECAST_FUZZ_SEEDS in the environment a target writes its seeds into that folder and
// ends.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/fuzz/fuzz_target.hpp"

extern "C" int LLVMFuzzerInitialize(int* /*argc*/, char*** /*argv*/) {
  const char* const folder = std::getenv("DIECAST_FUZZ_SEEDS");
  if (folder == nullptr) return 0;
  std::size_t number = 0;
  for (const std::string& seed : diecast::fuzz::seeds()) {
    std::ofstream file(std::filesystem::path(folder) / ("seed-" + std::to_string(number++)),
                       std::ios::binary);
    if (!(file << seed).flush()) std::_Exit(1);
  }
  std::_Exit(0);
}
