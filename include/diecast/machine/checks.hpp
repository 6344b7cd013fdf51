#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <diecast/core/element.hpp>
#include <diecast/machine/agreement.hpp>
#include <diecast/machine/host.hpp>

namespace diecast {

/// One line of `doctor`: a fact, how good it is for training, and what to do about it.
struct Check {
  enum class Status {
    ok,
    warn,  ///< training works, slower or at a risk
    fail,  ///< training would fail, or be wrong
  };
  std::string name;
  Status status;
  std::string detail;
  std::string remedy;  ///< an imperative clause; empty when there is nothing to do
};

/// "ok", "warn" or "fail".
std::string_view status_name(Check::Status status);

/// True when no check fails.
bool all_pass(const std::vector<Check>& checks);

// The decisions, one function a line. Each takes plain facts, so that a test can give it any machine.

/// How the binary was compiled.
struct BuildFacts {
  std::string optimization;  ///< of the kernels: "0", "g", "1", "2", "3" or "s"
  bool assertions;
  std::string sanitizer;  ///< "none", "address", ...
};
/// Warns unless the kernels were compiled for speed.
Check build_check(const BuildFacts& build);

/// Which kernels are used. Targets are Highway's names ("AVX3_ZEN4"), the available ones best first.
struct TargetFacts {
  std::string chosen;
  std::vector<std::string> available;
  bool forced;  ///< by DIECAST_TARGET
};
/// Warns when DIECAST_TARGET holds a machine below its best.
Check target_check(const TargetFacts& target);
/// Warns when the chosen kernels have no AVX-512.
Check avx512_check(const TargetFacts& target, const Cpu& cpu);
/// Warns when the preset's bf16 products run without an instruction of their own. `unit` is what the chosen
/// kernels multiply bf16 with: "fma", "dot" or "amx".
Check bf16_check(Element precision, std::string_view unit, const TargetFacts& target, const Cpu& cpu);
/// Warns when the CPU has AMX and the kernels do not use it. `refusal` says why; empty: they do.
Check amx_check(const Cpu& cpu, std::string_view refusal, const TargetFacts& target);

/// Fails when the plan does not fit, warns when it leaves less than a fifth for the corpus and the page cache.
Check memory_check(std::size_t plan_bytes, std::size_t available_bytes);
/// Warns when the kernel gives no huge pages: each of the plan's 4 KiB pages then needs a TLB entry of its own.
Check huge_pages_check(std::string_view mode);
/// Warns when affinity or a control group keeps CPUs of the machine from this process.
Check cpus_check(std::size_t usable, const Cpu& cpu);
/// Warns when more threads would run than there are cores: GEMMs leave a core's second thread nothing to do.
Check cores_check(std::size_t threads, const Cpu& cpu);
/// Warns when others use more than a tenth of the CPUs. `load` as in Host.
Check load_check(std::optional<double> load, std::size_t cpus);
/// Warns of a governor that lowers the frequency. Empty: the kernel does not say.
Check governor_check(std::string_view governor);
/// Fails when not even one checkpoint fits, warns when those that a run keeps do not.
Check disk_check(std::size_t free_bytes, std::size_t checkpoint_bytes, std::size_t checkpoints);

/// Fails above `bound`. `what` says what was compared.
Check agreement_check(std::string_view what, const Disagreement& worst, double bound);

}  // namespace diecast
