#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/result.hpp"

/// One connection to a PostgreSQL server. libpq is found at run time, as NVML is, so that a
/// joulemark without PostgreSQL around needs nothing of it; only pq_connection.cpp sees its header.
namespace joulemark::store::pq {

/// Why the server, or the way to it, refused.
struct Failure {
  std::string
      sqlstate;       ///< five characters (appendix A of PostgreSQL's manual); empty: not from it
  std::string text;   ///< one line, in the server's or libpq's words
  bool lost = false;  ///< the connection is of no more use
};
template <class T>
using Answer = tl::expected<T, Failure>;

/// NULL is absent.
using Value = std::optional<std::string>;
using Row = std::vector<Value>;

/// How long to wait, and what for.
struct Limits {
  Clock& clock;
  Nanoseconds silence;  ///< a server that says nothing for so long is lost
  const std::atomic<bool>* interrupted = nullptr;  ///< ends connecting; never a statement half done
};

class Connection {
 public:
  /// `url` as libpq takes it, with its password. What else libpq reads (PGPASSWORD, ~/.pgpass,
  /// pg_service.conf, ...) holds as for psql.
  static Answer<Connection> open(const std::string& url, const std::string& application_name,
                                 const Limits& limits);
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();

  /// One statement with $1, $2, ... as texts; or, without parameters, several in one transaction.
  Answer<std::vector<Row>> query(const std::string& sql, const std::vector<Value>& parameters = {});
  /// The same, row by row as they come, so that a large answer is never in memory twice. The sink
  /// may move from its row.
  Answer<void> each(const std::string& sql, const std::vector<Value>& parameters,
                    const std::function<void(Row&)>& sink);

  /// The server's process.
  int server_process() const;

 private:
  class Impl;
  explicit Connection(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

/// Finds libpq, and asks it whether it can read the URL. Errors: unsupported, with what to install;
/// invalid_input, which quotes nothing of the URL.
Result<void> check_url(const std::string& url);

}  // namespace joulemark::store::pq
