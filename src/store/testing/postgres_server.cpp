#include "store/testing/postgres_server.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pwd.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <set>
#include <thread>

#include "base/text.hpp"

namespace joulemark::store::testing {
namespace {

namespace fs = std::filesystem;

std::string g_why_not;

/// The newest that is installed: Debian keeps several side by side, outside PATH.
fs::path find_programs() {
  std::error_code none;
  std::set<std::pair<int, fs::path>> found;
  for (const auto& version : fs::directory_iterator("/usr/lib/postgresql", none)) {
    const fs::path programs = version.path() / "bin";
    if (fs::exists(programs / "initdb", none)) {
      found.emplace(std::atoi(version.path().filename().c_str()), programs);
    }
  }
  return found.empty() ? fs::path() : found.rbegin()->second;
}

/// Of loopback; another process may take it before the server does, which then tries another.
int free_port() {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return 0;
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool bound = bind(fd, generic, size) == 0 && getsockname(fd, generic, &size) == 0;
  close(fd);
  return bound ? ntohs(address.sin_port) : 0;
}

/// PostgreSQL refuses to run as root: then everything of it runs as its own user.
std::string as_user() {
  return geteuid() == 0 ? "setpriv --reuid postgres --regid postgres --clear-groups " : "";
}

}  // namespace

PostgresServer* PostgresServer::shared() {
  static const std::unique_ptr<PostgresServer> server = [] {
    const fs::path programs = find_programs();
    if (programs.empty()) {
      g_why_not =
          "PostgreSQL is not installed (script/setup does it; Debian: apt install postgresql)";
      return std::unique_ptr<PostgresServer>();
    }
    if (geteuid() == 0 && getpwnam("postgres") == nullptr) {
      g_why_not = "there is no user 'postgres', and PostgreSQL does not run as root";
      return std::unique_ptr<PostgresServer>();
    }
    std::string pattern = (fs::temp_directory_path() / "jm-pg-XXXXXX").string();
    const fs::path folder = mkdtemp(pattern.data());
    std::unique_ptr<PostgresServer> made(new PostgresServer(programs, folder));
    if (!made->make_cluster()) throw std::runtime_error("initdb failed: " + made->log());
    made->start();
    return made;
  }();
  return server.get();
}

const std::string& PostgresServer::why_not() { return g_why_not; }

PostgresServer::PostgresServer(fs::path programs, fs::path folder)
    : programs_(std::move(programs)), folder_(std::move(folder)) {
  if (geteuid() != 0) return;
  const passwd* user = getpwnam("postgres");
  if (user == nullptr || chown(folder_.c_str(), user->pw_uid, user->pw_gid) != 0) {
    throw std::runtime_error("cannot give a folder to the user postgres");
  }
}

PostgresServer::~PostgresServer() {
  kill();
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

int PostgresServer::run(const std::string& command) const {
  const std::string log = (folder_ / "log").string();
  return std::system(fmt::format("cd {} && {} >>{} 2>&1", folder_.string(), command, log).c_str());
}

bool PostgresServer::make_cluster() const {
  // Whoever comes by the socket is trusted; by loopback, passwords count.
  return run(fmt::format("{}{}/initdb -D data -U postgres -E UTF8 --locale=C --no-sync "
                         "--auth-local=trust --auth-host=scram-sha-256",
                         as_user(), programs_.string())) == 0;
}

std::string PostgresServer::log() const { return read_file(folder_ / "log").value_or(""); }

bool PostgresServer::answers() const {
  return run(fmt::format("{}/pg_isready -q -h {} -p {}", programs_.string(), folder_.string(),
                         port_)) == 0;
}

bool PostgresServer::try_start() {
  const std::string command = fmt::format(
      "cd {0} && exec {1}setpriv --pdeathsig QUIT {2}/postgres -D data -k {0} -p {3} "
      "-c listen_addresses=127.0.0.1 -c fsync=off >>log 2>&1",
      folder_.string(), as_user(), programs_.string(), port_);
  process_ = fork();
  if (process_ == 0) {
    execl("/bin/sh", "sh", "-c", command.c_str(), nullptr);
    _exit(127);
  }
  while (waitpid(process_, nullptr, WNOHANG) == 0) {
    if (answers()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  process_ = -1;
  return false;
}

void PostgresServer::start() {
  // The same port again after a crash, so that clients find it.
  constexpr int kAttempts = 5;
  for (int i = 0; i < kAttempts; ++i) {
    if (port_ == 0) port_ = free_port();
    if (try_start()) return;
    if (databases_ == 0) port_ = 0;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  throw std::runtime_error("PostgreSQL does not start: " + log());
}

void PostgresServer::kill() {
  if (process_ < 0) return;
  thaw();
  ::kill(process_, SIGQUIT);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

void PostgresServer::signal_all(int signal) const {
  if (process_ < 0) return;  // -1 would be every process there is
  std::ifstream children(fmt::format("/proc/{0}/task/{0}/children", process_));
  ::kill(process_, signal);
  for (pid_t child = 0; children >> child;) ::kill(child, signal);
}

void PostgresServer::freeze() const { signal_all(SIGSTOP); }
void PostgresServer::thaw() const { signal_all(SIGCONT); }

std::string PostgresServer::make_database() {
  const std::string name = fmt::format("d{}", ++databases_);
  sql("postgres", fmt::format("CREATE DATABASE {}", name));
  return fmt::format("postgresql://postgres@/{}?host={}&port={}", name, folder_.string(), port_);
}

std::string PostgresServer::url(const std::string& database, const std::string& user) const {
  return fmt::format("postgresql://{}@127.0.0.1:{}/{}", user, port_, database);
}

std::string PostgresServer::database_of(const std::string& url) {
  const std::size_t query = url.find('?');
  const std::string path = url.substr(0, query);
  return path.substr(path.rfind('/') + 1);
}

std::string PostgresServer::sql(const std::string& database, const std::string& statements) const {
  const fs::path script = folder_ / "statements.sql";
  std::ofstream(script) << statements;
  const std::string command =
      fmt::format("{}/psql -qAtX -v ON_ERROR_STOP=1 -h {} -p {} -U postgres -d {} -f {} 2>&1",
                  programs_.string(), folder_.string(), port_, database, script.string());
  FILE* pipe = popen(command.c_str(), "r");
  std::string output;
  std::array<char, 4096> buffer{};
  while (std::size_t n = std::fread(buffer.data(), 1, buffer.size(), pipe)) {
    output.append(buffer.data(), n);
  }
  EXPECT_EQ(pclose(pipe), 0) << statements << "\n" << output;
  return output.substr(0, output.find('\n'));
}

}  // namespace joulemark::store::testing
