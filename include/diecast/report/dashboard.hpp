#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace diecast {

/// Serves a page on 127.0.0.1 to browsers of this machine, and what happens after it as server-sent events. Nobody is
/// waited for: messages are kept, and each client takes them when it can.
class Dashboard {
 public:
  /// Makes the page; `events` is the address at which it finds what happens from now on.
  using Page = std::function<std::string(const std::string& events)>;

  /// Takes the port, 0: any free one; who connects has to wait for `serve`. Throws Error(Fault::usage) when the port
  /// cannot be had.
  explicit Dashboard(int port);
  /// Ends all streams with the message `end`.
  ~Dashboard();
  Dashboard(const Dashboard&) = delete;
  Dashboard& operator=(const Dashboard&) = delete;

  /// `http://127.0.0.1:8080/`
  std::string address() const;
  /// From now on; `page` is called by other threads.
  void serve(Page page);
  /// Sends an event of this name to all pages. `data` is one line.
  void send(std::string_view event, std::string_view data);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace diecast
