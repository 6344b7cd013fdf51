#pragma once

#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace diecast::testing {

/// While it lives, root is nobody: permissions apply to root's tests too. Changes nothing for other users.
class Unprivileged {
 public:
  Unprivileged() {
    if (root_ && seteuid(65534) != 0) throw std::runtime_error("cannot give up root's privileges");
  }
  ~Unprivileged() {
    if (root_ && seteuid(0) != 0) std::abort();
  }
  Unprivileged(const Unprivileged&) = delete;
  Unprivileged& operator=(const Unprivileged&) = delete;

 private:
  bool root_ = geteuid() == 0;
};

}  // namespace diecast::testing
