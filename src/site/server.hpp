#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.hpp"
#include "site/answer.hpp"

/// Answers requests for a site: HTTP/1.1 on one thread.
namespace joulemark::site {

struct ServerOptions {
  std::string bind = "127.0.0.1";  ///< a numeric address, or localhost
  std::uint16_t port = 8080;       ///< 0: any that is free
  /// From when a connection waits for a request until all its headers are there. Who is slower, or
  /// idle for as long, is disconnected.
  std::chrono::milliseconds for_request{15'000};
  /// As many at a time, or as many as the process may have files open. Beyond that the connection
  /// that has waited longest for its request makes room: it is idle, or slow.
  std::size_t connections = 4096;
};

/// How the site is made anew while it is served.
struct Reload {
  /// Something that differs when there is something new: cheap, asked for every `every`. Empty: the
  /// site stays as it is.
  std::function<std::string()> state{};
  std::string seen{};  ///< what it was when the first site was made
  /// Called on a thread of its own; meanwhile the old site is served.
  std::function<Result<Files>()> make{};
  /// Is told in words that there is a new site, or why there is none; then the old one stays.
  std::function<void(const std::string&)> say{};
  /// Is called when the server was told to stop, so that `make` ends soon.
  std::function<void()> stop{};
  std::chrono::milliseconds every{2'000};
  /// What has changed is made anew as soon as somebody asks for something, else when nothing has
  /// changed for so long: while rows are measured on this machine, it is not disturbed for nobody.
  std::chrono::milliseconds quiet{60'000};
};

class Server {
 public:
  /// Listens. Errors: invalid_input for what is no address of this machine; busy for a port that is
  /// taken; permission_denied; io.
  static Result<std::unique_ptr<Server>> open(const ServerOptions& options);
  virtual ~Server() = default;

  virtual std::uint16_t port() const = 0;
  /// "http://127.0.0.1:8080/".
  virtual std::string url() const = 0;
  virtual Reach reach() const = 0;
  /// Answers until SIGINT or SIGTERM. Then answers that were begun get two seconds to end; a second
  /// signal ends them at once. `told`: whether one came before, while others watched for it.
  virtual void run(Site site, const Reload& reload, const std::atomic<bool>& told) = 0;
};

}  // namespace joulemark::site
