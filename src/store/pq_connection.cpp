#include "store/pq_connection.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>

namespace joulemark::store::pq {
namespace {

// --- the library ---------------------------------------------------------------------------------

/// The part of libpq that is called. All of it is in libpq.so.5 since PostgreSQL 9.2.
struct Api {
  decltype(&PQconninfoParse) conninfo_parse = nullptr;
  decltype(&PQconninfoFree) conninfo_free = nullptr;
  decltype(&PQfreemem) freemem = nullptr;
  decltype(&PQconnectStartParams) connect_start = nullptr;
  decltype(&PQconnectPoll) connect_poll = nullptr;
  decltype(&PQstatus) status = nullptr;
  decltype(&PQsocket) socket = nullptr;
  decltype(&PQerrorMessage) error_message = nullptr;
  decltype(&PQfinish) finish = nullptr;
  decltype(&PQbackendPID) backend_pid = nullptr;
  decltype(&PQsetErrorVerbosity) set_error_verbosity = nullptr;
  decltype(&PQsetNoticeProcessor) set_notice_processor = nullptr;
  decltype(&PQsetnonblocking) set_nonblocking = nullptr;
  decltype(&PQsendQuery) send_query = nullptr;
  decltype(&PQsendQueryParams) send_query_params = nullptr;
  decltype(&PQsetSingleRowMode) set_single_row_mode = nullptr;
  decltype(&PQflush) flush = nullptr;
  decltype(&PQconsumeInput) consume_input = nullptr;
  decltype(&PQisBusy) is_busy = nullptr;
  decltype(&PQgetResult) get_result = nullptr;
  decltype(&PQresultStatus) result_status = nullptr;
  decltype(&PQresultErrorField) result_error_field = nullptr;
  decltype(&PQresultErrorMessage) result_error_message = nullptr;
  decltype(&PQntuples) ntuples = nullptr;
  decltype(&PQnfields) nfields = nullptr;
  decltype(&PQgetisnull) getisnull = nullptr;
  decltype(&PQgetvalue) getvalue = nullptr;
  decltype(&PQgetlength) getlength = nullptr;
  decltype(&PQclear) clear = nullptr;
};

constexpr const char* kLibrary = "libpq.so.5";
constexpr const char* kInstall =
    "Install PostgreSQL's client library (on Debian: apt install libpq5), or name a SQLite file "
    "with --db";

/// Returns the name of a function that is missing, or null.
const char* resolve(void* library, Api& api) {
  const char* missing = nullptr;
  const auto find = [&](const char* symbol, auto& function) {
    function =
        reinterpret_cast<std::remove_reference_t<decltype(function)>>(dlsym(library, symbol));
    if (function == nullptr) missing = symbol;
  };
  find("PQconninfoParse", api.conninfo_parse);
  find("PQconninfoFree", api.conninfo_free);
  find("PQfreemem", api.freemem);
  find("PQconnectStartParams", api.connect_start);
  find("PQconnectPoll", api.connect_poll);
  find("PQstatus", api.status);
  find("PQsocket", api.socket);
  find("PQerrorMessage", api.error_message);
  find("PQfinish", api.finish);
  find("PQbackendPID", api.backend_pid);
  find("PQsetErrorVerbosity", api.set_error_verbosity);
  find("PQsetNoticeProcessor", api.set_notice_processor);
  find("PQsetnonblocking", api.set_nonblocking);
  find("PQsendQuery", api.send_query);
  find("PQsendQueryParams", api.send_query_params);
  find("PQsetSingleRowMode", api.set_single_row_mode);
  find("PQflush", api.flush);
  find("PQconsumeInput", api.consume_input);
  find("PQisBusy", api.is_busy);
  find("PQgetResult", api.get_result);
  find("PQresultStatus", api.result_status);
  find("PQresultErrorField", api.result_error_field);
  find("PQresultErrorMessage", api.result_error_message);
  find("PQntuples", api.ntuples);
  find("PQnfields", api.nfields);
  find("PQgetisnull", api.getisnull);
  find("PQgetvalue", api.getvalue);
  find("PQgetlength", api.getlength);
  find("PQclear", api.clear);
  return missing;
}

Result<Api> open_library() {
  void* library = dlopen(kLibrary, RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    return fail(ErrorKind::unsupported,
                fmt::format("PostgreSQL's client library cannot be used: {}", dlerror()), kInstall);
  }
  Api api;
  if (const char* missing = resolve(library, api)) {
    dlclose(library);
    return fail(ErrorKind::unsupported, fmt::format("{} has no function {}", kLibrary, missing),
                kInstall);
  }
  return api;
}

/// Loaded once, and never unloaded: TLS libraries below it keep state until the process ends.
const Result<Api>& library() {
  static const Result<Api> api = open_library();
  return api;
}

// --- what went wrong -----------------------------------------------------------------------------

/// "FATAL:  28P01: password ..." -> "28P01". libpq hands the code of a refused connection on only
/// within its verbose text; the words around it are in the server's language.
std::string find_sqlstate(std::string_view text) {
  constexpr std::size_t kLength = 5;
  for (std::size_t at = text.find(":  "); at != std::string_view::npos;
       at = text.find(":  ", at + 1)) {
    const std::string_view code = text.substr(at + 3, kLength);
    const bool sound =
        code.size() == kLength && text.substr(at + 3 + kLength, 2) == ": " &&
        code.find_first_not_of("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == std::string_view::npos;
    if (sound) return std::string(code);
  }
  return "";
}

/// On one line, without where in the server's source it was said, and without libpq's advice, which
/// is indented.
std::string one_line(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.starts_with('\t') || line.starts_with("LOCATION:")) continue;
    out += fmt::format("{}{}", out.empty() ? "" : "; ", line);
  }
  return out;
}

Failure silent(Nanoseconds time) {
  return {"", fmt::format("the server has said nothing for {:.0f} s", seconds(time)), true};
}

struct ConnectionCloser {
  void operator()(PGconn* c) const { library()->finish(c); }
};
struct ResultCloser {
  void operator()(PGresult* r) const { library()->clear(r); }
};
using ConnectionHandle = std::unique_ptr<PGconn, ConnectionCloser>;
using ResultHandle = std::unique_ptr<PGresult, ResultCloser>;

enum class Woken { ready, silent, interrupted };

/// Until the socket can be read (or written to, where that is asked for).
Woken wait_for(int socket, short events, Instant deadline, const Limits& limits, bool stoppable) {
  for (;;) {
    const bool stop = stoppable && limits.interrupted != nullptr && *limits.interrupted;
    if (stop) return Woken::interrupted;
    const Nanoseconds left = deadline - limits.clock.now();
    if (left <= Nanoseconds(0)) return Woken::silent;
    pollfd watched{socket, events, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    const int n = poll(&watched, 1, static_cast<int>(std::min<std::int64_t>(ms, 1'000'000)));
    if (n > 0 || (n < 0 && errno != EINTR)) return Woken::ready;
  }
}

}  // namespace

// --- a connection --------------------------------------------------------------------------------

class Connection::Impl {
 public:
  Impl(const Api& api, ConnectionHandle handle, const Limits& limits)
      : api_(api), handle_(std::move(handle)), limits_(limits) {}

  Answer<void> connect() {
    if (api_.status(get()) == CONNECTION_BAD) return tl::unexpected(connection_failure());
    api_.set_error_verbosity(get(), PQERRORS_VERBOSE);
    api_.set_notice_processor(get(), [](void*, const char*) {}, nullptr);
    const Instant deadline = limits_.clock.now() + limits_.silence;
    for (PostgresPollingStatusType next = PGRES_POLLING_WRITING; next != PGRES_POLLING_OK;
         next = api_.connect_poll(get())) {
      if (next == PGRES_POLLING_FAILED) return tl::unexpected(connection_failure());
      const short events = next == PGRES_POLLING_READING ? POLLIN : POLLOUT;
      switch (wait_for(api_.socket(get()), events, deadline, limits_, true)) {
        case Woken::silent:
          return tl::unexpected(silent(limits_.silence));
        case Woken::interrupted:
          return tl::unexpected(Failure{"", "interrupted", true});
        case Woken::ready:
          break;
      }
    }
    api_.set_nonblocking(get(), 1);
    return {};
  }

  Answer<void> each(const std::string& sql, const std::vector<Value>& parameters,
                    const std::function<void(Row&)>& sink) {
    if (!send(sql, parameters)) return tl::unexpected(connection_failure());
    api_.set_single_row_mode(get());
    // The first refusal counts; what follows it must be read all the same.
    Answer<void> answer;
    for (;;) {
      auto result = next_result();
      if (!result) return tl::unexpected(result.error());
      if (*result == nullptr) return answer;
      const ExecStatusType status = api_.result_status(result->get());
      if (status == PGRES_SINGLE_TUPLE || status == PGRES_TUPLES_OK) {
        for (int row = 0; row < api_.ntuples(result->get()); ++row) {
          Row values = to_row(result->get(), row);
          sink(values);
        }
      } else if (status != PGRES_COMMAND_OK && answer) {
        answer = tl::unexpected(failure_of(result->get()));
      }
    }
  }

  int backend_pid() const { return api_.backend_pid(get()); }

 private:
  PGconn* get() const { return handle_.get(); }

  bool send(const std::string& sql, const std::vector<Value>& parameters) {
    if (parameters.empty()) return api_.send_query(get(), sql.c_str()) == 1;
    std::vector<const char*> texts;
    for (const Value& p : parameters) texts.push_back(p ? p->c_str() : nullptr);
    return api_.send_query_params(get(), sql.c_str(), static_cast<int>(texts.size()), nullptr,
                                  texts.data(), nullptr, nullptr, 0) == 1;
  }

  /// Null after the last one of a statement.
  Answer<ResultHandle> next_result() {
    Instant deadline = limits_.clock.now() + limits_.silence;
    for (;;) {
      const int flushed = api_.flush(get());
      if (flushed < 0) return tl::unexpected(connection_failure());
      if (flushed == 0 && api_.is_busy(get()) == 0) return ResultHandle(api_.get_result(get()));
      const short events = flushed == 1 ? POLLIN | POLLOUT : POLLIN;
      if (wait_for(api_.socket(get()), events, deadline, limits_, false) == Woken::silent) {
        return tl::unexpected(silent(limits_.silence));
      }
      deadline = limits_.clock.now() + limits_.silence;
      if (api_.consume_input(get()) == 0) return tl::unexpected(connection_failure());
    }
  }

  Row to_row(PGresult* result, int row) const {
    Row values(static_cast<std::size_t>(api_.nfields(result)));
    for (int i = 0; i < static_cast<int>(values.size()); ++i) {
      if (api_.getisnull(result, row, i) == 1) continue;
      values[static_cast<std::size_t>(i)].emplace(
          api_.getvalue(result, row, i), static_cast<std::size_t>(api_.getlength(result, row, i)));
    }
    return values;
  }

  Failure failure_of(PGresult* result) const {
    const auto field = [&](int code) {
      const char* text = api_.result_error_field(result, code);
      return std::string(text != nullptr ? text : "");
    };
    const bool lost = api_.status(get()) != CONNECTION_OK;
    const std::string primary = field(PG_DIAG_MESSAGE_PRIMARY);
    return {field(PG_DIAG_SQLSTATE),
            one_line(primary.empty() ? api_.result_error_message(result) : primary.c_str()), lost};
  }

  Failure connection_failure() const {
    const std::string text = api_.error_message(get());
    return {find_sqlstate(text), one_line(text), true};
  }

  const Api& api_;
  ConnectionHandle handle_;
  Limits limits_;
};

Connection::Connection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Answer<Connection> Connection::open(const std::string& url, const std::string& application_name,
                                    const Limits& limits) {
  const auto& api = library();
  if (!api) return tl::unexpected(Failure{"", api.error().what, true});
  // Later entries win, so a URL may say otherwise: but for the last two. A path to the server that
  // broke is noticed in the time that the kernel is told here, while nothing is being waited for.
  const std::array keys = {"keepalives_idle",  "keepalives_interval",
                           "keepalives_count", "tcp_user_timeout",
                           "dbname",           "application_name",
                           "client_encoding",  static_cast<const char*>(nullptr)};
  const std::array values = {"30",        "10",
                             "3",         "60000",
                             url.c_str(), application_name.c_str(),
                             "UTF8",      static_cast<const char*>(nullptr)};
  ConnectionHandle handle(api->connect_start(keys.data(), values.data(), 1));
  if (!handle) return tl::unexpected(Failure{"", "libpq has no memory left", true});
  auto impl = std::make_unique<Impl>(*api, std::move(handle), limits);
  if (auto connected = impl->connect(); !connected) return tl::unexpected(connected.error());
  return Connection(std::move(impl));
}

Answer<std::vector<Row>> Connection::query(const std::string& sql,
                                           const std::vector<Value>& parameters) {
  std::vector<Row> rows;
  auto done = impl_->each(sql, parameters, [&](Row& row) { rows.push_back(std::move(row)); });
  if (!done) return tl::unexpected(done.error());
  return rows;
}

Answer<void> Connection::each(const std::string& sql, const std::vector<Value>& parameters,
                              const std::function<void(Row&)>& sink) {
  return impl_->each(sql, parameters, sink);
}

int Connection::server_process() const { return impl_->backend_pid(); }

Result<void> check_url(const std::string& url) {
  const auto& api = library();
  if (!api) return tl::unexpected(api.error());
  char* text = nullptr;
  PQconninfoOption* options = api->conninfo_parse(url.c_str(), &text);
  const std::string why = text != nullptr ? text : "";
  if (text != nullptr) api->freemem(text);
  if (options != nullptr) {
    api->conninfo_free(options);
    return {};
  }
  // What libpq quotes may be a piece of a password.
  return fail(ErrorKind::invalid_input,
              fmt::format("libpq cannot read the URL of the database: {}",
                          one_line(why.substr(0, why.find_first_of(":\"")))),
              "It is postgresql://user@host:port/database?parameter=value, and special characters "
              "are written as %XX");
}

}  // namespace joulemark::store::pq
