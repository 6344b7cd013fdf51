#include <diecast/report/dashboard.hpp>

#include <sys/socket.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>
#include <httplib.h>

#include <diecast/core/error.hpp>

namespace diecast {
namespace {

constexpr const char* kLoopback = "127.0.0.1";
// Streams take a thread each, which sleeps but for a message now and then.
constexpr std::size_t kServerThreads = 16;
// For clients that are further behind, the page is made again.
constexpr std::size_t kKeptMessages = 10000;
// Of a client that does not read or write: the server's end waits for it.
constexpr int kPatienceSeconds = 1;

}  // namespace

struct Dashboard::Impl {
  httplib::Server server;
  int port = 0;
  std::thread thread;
  std::mutex mutex;
  std::condition_variable news;
  std::deque<std::string> messages;
  std::uint64_t first = 0;  // number of the oldest one
  bool over = false;

  std::uint64_t next_number() {
    const std::lock_guard lock(mutex);
    return first + messages.size();
  }

  void add(std::string_view event, std::string_view data) {
    const std::uint64_t number = first + messages.size();
    messages.push_back(fmt::format("id: {}\nevent: {}\ndata: {}\n\n", number, event, data));
    if (messages.size() > kKeptMessages) {
      messages.pop_front();
      ++first;
    }
  }

  // What a client that knows all before `next` is sent, after waiting for it for a while, and whether that is all.
  std::pair<std::string, bool> take(std::uint64_t& next) {
    std::unique_lock lock(mutex);
    news.wait_for(lock, std::chrono::seconds(kPatienceSeconds), [&] { return over || next < first + messages.size(); });
    std::string text;
    if (next < first) {
      text = "event: reload\ndata: {}\n\n";
      next = first + messages.size();
    }
    for (; next < first + messages.size(); ++next) text += messages[next - first];
    if (text.empty()) text = ":\n\n";  // a comment: only so is a client that has left noticed
    return {std::move(text), over};
  }

  void stream(const httplib::Request& request, httplib::Response& response) {
    // A browser that lost the connection says what it has seen; else the page's address says where to begin.
    const bool again = request.has_header("Last-Event-ID");
    const std::string text = again ? request.get_header_value("Last-Event-ID") : request.get_param_value("from");
    std::uint64_t next = std::strtoull(text.c_str(), nullptr, 10) + (again ? 1 : 0);
    next = std::min(next, next_number());
    response.set_header("Cache-Control", "no-store");
    response.set_chunked_content_provider(
        "text/event-stream", [this, next](std::size_t, httplib::DataSink& sink) mutable {
          const auto [part, last] = take(next);
          if (!sink.write(part.data(), part.size())) return false;
          if (last) sink.done();
          return true;
        });
  }

  // A page of another site whose name resolves to this machine must not read the run.
  bool is_for_us(const httplib::Request& request) const {
    const std::string host = request.get_header_value("Host");
    return host == fmt::format("{}:{}", kLoopback, port) || host == fmt::format("localhost:{}", port);
  }
};

Dashboard::Dashboard(int port) : impl_(std::make_unique<Impl>()) {
  httplib::Server& server = impl_->server;
  // httplib's own options let two servers share a port.
  server.set_socket_options([](socket_t socket) {
    const int yes = 1;
    setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  });
  server.new_task_queue = [] { return new httplib::ThreadPool(kServerThreads); };
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(kPatienceSeconds);
  server.set_read_timeout(kPatienceSeconds);
  server.set_write_timeout(kPatienceSeconds);
  const bool bound = port == 0 ? (impl_->port = server.bind_to_any_port(kLoopback)) > 0
                               : server.bind_to_port(kLoopback, impl_->port = port);
  if (!bound)
    throw Error(Fault::usage, fmt::format("cannot listen on port {}", port), "--dashboard",
                "it may be in use: choose another one, or 0 for any that is free");
}

Dashboard::~Dashboard() {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->add("end", "{}");
    impl_->over = true;
  }
  impl_->news.notify_all();
  if (!impl_->thread.joinable()) return;
  impl_->server.stop();
  impl_->thread.join();
}

std::string Dashboard::address() const { return fmt::format("http://{}:{}/", kLoopback, impl_->port); }

void Dashboard::serve(Page page) {
  httplib::Server& server = impl_->server;
  server.set_pre_routing_handler([this](const httplib::Request& request, httplib::Response& response) {
    if (impl_->is_for_us(request)) return httplib::Server::HandlerResponse::Unhandled;
    response.status = 403;
    return httplib::Server::HandlerResponse::Handled;
  });
  server.Get("/", [this, page = std::move(page)](const httplib::Request&, httplib::Response& response) {
    try {
      // First the number: what happens meanwhile comes twice rather than never.
      const std::string events = fmt::format("/events?from={}", impl_->next_number());
      response.set_header("Cache-Control", "no-store");
      response.set_content(page(events), "text/html; charset=utf-8");
    } catch (const std::exception& error) {
      response.status = 500;
      response.set_content(error.what(), "text/plain; charset=utf-8");
    }
  });
  server.Get("/events", [this](const httplib::Request& request, httplib::Response& response) {
    impl_->stream(request, response);
  });
  impl_->thread = std::thread([&server] { server.listen_after_bind(); });
  while (!server.is_running()) std::this_thread::sleep_for(std::chrono::milliseconds(1));  // else `stop` does nothing
}

void Dashboard::send(std::string_view event, std::string_view data) {
  {
    const std::lock_guard lock(impl_->mutex);
    impl_->add(event, data);
  }
  impl_->news.notify_all();
}

}  // namespace diecast
