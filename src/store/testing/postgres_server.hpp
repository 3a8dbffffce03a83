#pragma once

#include <sys/types.h>

#include <filesystem>
#include <memory>
#include <string>

/// A PostgreSQL server of the tests' own: it lives in a temporary folder, listens there and on
/// loopback, and ends with the process that started it, however that ends.
namespace joulemark::store::testing {

class PostgresServer {
 public:
  /// Null where PostgreSQL is not installed, or cannot be started; `why_not` says so.
  static PostgresServer* shared();
  static const std::string& why_not();

  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  /// A new, empty database; its URL goes by the socket, as a superuser.
  std::string make_database();
  /// The same database for another user, by loopback.
  std::string url(const std::string& database, const std::string& user) const;
  static std::string database_of(const std::string& url);
  /// Statements, as the superuser; a failure of them fails the test. Returns the first value.
  std::string sql(const std::string& database, const std::string& statements) const;

  /// At once, as a crash: what was not committed is lost.
  void kill();
  void start();
  /// Answers nobody until it may go on.
  void freeze() const;
  void thaw() const;

 private:
  PostgresServer(std::filesystem::path programs, std::filesystem::path folder);
  bool make_cluster() const;
  bool try_start();
  bool answers() const;
  std::string log() const;
  void signal_all(int signal) const;
  int run(const std::string& command) const;

  std::filesystem::path programs_;
  std::filesystem::path folder_;
  int port_ = 0;
  pid_t process_ = -1;
  int databases_ = 0;
};

}  // namespace joulemark::store::testing
