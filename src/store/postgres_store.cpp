#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/clock.hpp"
#include "store/postgres_explain.hpp"
#include "store/postgres_rows.hpp"
#include "store/postgres_schema.hpp"
#include "store/pq_connection.hpp"
#include "store/select.hpp"
#include "store/store.hpp"

namespace joulemark::store {
namespace {

namespace fs = std::filesystem;

constexpr Nanoseconds kShortestSilence = std::chrono::seconds(1);
constexpr Nanoseconds kFirstPause = std::chrono::milliseconds(100);
constexpr Nanoseconds kLongestPause = std::chrono::seconds(5);

// --- devices -------------------------------------------------------------------------------------

constexpr const char* kClaim = "SELECT pg_try_advisory_lock(hashtextextended($1, 0))";
/// The server's process that holds such a lock, and what it calls itself.
constexpr const char* kHolder =
    "SELECT a.pid, a.application_name FROM pg_locks l JOIN pg_stat_activity a USING (pid)"
    " WHERE l.locktype = 'advisory' AND l.granted AND l.objsubid = 1"
    " AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND ((l.classid::bigint << 32) | l.objid::bigint) = hashtextextended($1, 0)";

std::string lock_name(const Device& device) { return "joulemark device " + device.id; }

/// What the server's list of connections shows; at most 63 bytes are kept of it.
std::string application_name() {
  std::array<char, 256> host{};
  gethostname(host.data(), host.size() - 1);
  return fmt::format("joulemark {} {}", std::string(host.data()).substr(0, 40), getpid());
}

/// "joulemark n1 17" -> "joulemark (process 17 on n1)".
std::string in_words(const std::string& application) {
  const std::size_t last = application.rfind(' ');
  const std::size_t first = application.find(' ');
  if (!application.starts_with("joulemark ") || first == last) return "joulemark";
  return fmt::format("joulemark (process {} on {})", application.substr(last + 1),
                     application.substr(first + 1, last - first - 1));
}

// --- the store -----------------------------------------------------------------------------------

class PostgresStore final : public Store {
 public:
  PostgresStore(Location location, Mode mode, OpenOptions options)
      : location_(std::move(location)),
        place_(location_.text()),
        mode_(mode),
        options_(std::move(options)) {}

  /// A device is free when this returns: the server alone would say so a moment later, and the next
  /// measurement may ask at once.
  ~PostgresStore() override {
    if (connection_ && !claims_.empty()) {
      static_cast<void>(connection_->query("SELECT pg_advisory_unlock_all()"));
    }
  }
  PostgresStore(const PostgresStore&) = delete;
  PostgresStore& operator=(const PostgresStore&) = delete;

  Result<void> open() {
    if (auto connected = connect(); !connected) return unexpected(connected.error());
    if (auto fit = check_server(facts_, mode_, place_); !fit) return fit;
    if (mode_ == Mode::write && facts_.loses_rows) {
      say(fmt::format("{} runs with fsync = off: a power cut there may lose rows", place_));
    }
    return prepare_schema(*connection_, mode_, place_);
  }

  Result<void> append(const Record& record) override {
    const auto stored =
        patiently<void>([&](pq::Connection& c, bool again) { return insert(c, record, again); });
    if (!stored) return kept_aside(stored.error(), record.run, record);
    return claim_again(record.run);
  }

  Result<void> append(const StoredCalibration& calibration) override {
    const auto stored = patiently<void>(
        [&](pq::Connection& c, bool again) { return insert(c, calibration, again); });
    if (!stored) return kept_aside(stored.error(), calibration.id, calibration);
    return {};
  }

  Result<std::vector<Record>> read(const Filter& filter) override {
    return patiently<std::vector<Record>>([&](pq::Connection& c, bool) {
      return select(c, "($1 = '' OR status = $1) AND ($2 = '' OR campaign = $2)",
                    {storable(filter.status), storable(filter.campaign)}, filter);
    });
  }

  Result<Record> find(const std::string& prefix) override {
    auto found = patiently<std::vector<Record>>([&](pq::Connection& c, bool) {
      return select(c, "left(run, length($1)) = $1", {storable(prefix)}, {});
    });
    if (!found) return tl::unexpected(found.error());
    return the_one(std::move(*found), prefix, place_);
  }

  Result<std::optional<StoredCalibration>> newest_calibration(
      const std::string& meter, const std::string& device, const std::string& device_id) override {
    auto found = patiently<std::vector<StoredCalibration>>([&](pq::Connection& c, bool) {
      return select_calibrations(
          c, "WHERE meter = $1 AND device = $2 AND device_id = $3 ORDER BY id DESC LIMIT 1",
          {storable(meter), storable(device), storable(device_id)});
    });
    if (!found) return tl::unexpected(found.error());
    return found->empty() ? std::nullopt : std::optional(std::move(found->front()));
  }

  Result<std::vector<StoredCalibration>> calibrations() override {
    return patiently<std::vector<StoredCalibration>>(
        [&](pq::Connection& c, bool) { return select_calibrations(c, "ORDER BY id", {}); });
  }

  Result<void> claim(const Device& device) override {
    auto claimed = try_claim(device);
    if (claimed) claims_.push_back(device);
    return claimed;
  }

 private:
  tl::unexpected<Error> unexpected(const pq::Failure& failure) const {
    return tl::unexpected(explain(failure, place_));
  }
  void say(const std::string& text) const {
    if (options_.say) options_.say(text);
  }
  bool interrupted() const { return options_.interrupted != nullptr && *options_.interrupted; }

  pq::Answer<void> connect() {
    // Half of the time: a server that froze is sought anew in the other half.
    const Nanoseconds silence = std::max(options_.wait / 2, kShortestSilence);
    auto connection = pq::Connection::open(location_.with_secrets(), application_name(),
                                           {clock_, silence, options_.interrupted});
    if (!connection) return tl::unexpected(connection.error());
    auto facts = begin_session(*connection, mode_);
    if (!facts) return tl::unexpected(facts.error());
    facts_ = std::move(*facts);
    connection_.emplace(std::move(*connection));
    return {};
  }

  /// Does something on the connection, anew where it was lost, until it is done, refused, or the
  /// time is over. `again`: an earlier attempt may have been done without an answer.
  template <class T, class Body>
  Result<T> patiently(const Body& body) {
    const Instant deadline = clock_.now() + options_.wait;
    Nanoseconds pause = kFirstPause;
    for (bool again = false;; again = true) {
      const pq::Answer<void> connected = connection_ ? pq::Answer<void>() : connect();
      pq::Answer<T> answer =
          connected ? body(*connection_, again) : pq::Answer<T>(tl::unexpected(connected.error()));
      if (answer) {
        if (again) say(fmt::format("{} answers again", place_));
        if constexpr (std::is_void_v<T>) {
          return {};
        } else {
          return std::move(*answer);
        }
      }
      const pq::Failure& failure = answer.error();
      if (failure.lost) lose_connection();
      const bool passing = is_passing(failure) || (connected && failure.lost);
      if (!passing || clock_.now() >= deadline || interrupted()) {
        return unexpected(failure);
      }
      if (!again) {
        say(fmt::format("{}. Nothing is lost: trying again for {:.0f} s",
                        explain(failure, place_).what, seconds(options_.wait)));
      }
      clock_.sleep_until(std::min(clock_.now() + pause, deadline));
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  void lose_connection() {
    if (!connection_) return;
    lost_process_ = connection_->server_process();
    connection_.reset();
    claims_lapsed_ = true;
  }

  static pq::Answer<void> insert(pq::Connection& c, const Record& record, bool again) {
    return insert_once(c, insert_record(), parameters_of(record), again,
                       [&] { return select(c, "run = $1", {storable(record.run)}, {}); });
  }
  static pq::Answer<void> insert(pq::Connection& c, const StoredCalibration& calibration,
                                 bool again) {
    return insert_once(c, insert_calibration(), parameters_of(calibration), again, [&] {
      return select_calibrations(c, "WHERE name = $1", {storable(calibration.id)});
    });
  }

  /// Of an earlier attempt it may be unknown whether it was done. A row of the same name, which
  /// `of_that_name` asks for, is then ours if it says the same.
  static pq::Answer<void> insert_once(pq::Connection& c, const std::string& statement,
                                      const std::vector<pq::Value>& values, bool again,
                                      const auto& of_that_name) {
    const auto done = c.query(statement, values);
    if (done) return {};
    if (!again || done.error().sqlstate != "23505") return tl::unexpected(done.error());
    const auto there = of_that_name();
    if (!there) return tl::unexpected(there.error());
    if (there->size() == 1 && parameters_of(there->front()) == values) return {};
    return tl::unexpected(done.error());
  }

  /// What the server did not take is kept in a SQLite file, unless it is there already.
  template <class Thing>
  Result<void> kept_aside(Error error, const std::string& id, const Thing& thing) const {
    const bool is_there = error.kind == ErrorKind::invalid_input;
    if (is_there || mode_ == Mode::read) return tl::unexpected(std::move(error));
    if (interrupted()) error.kind = ErrorKind::interrupted;
    std::error_code ignored;
    for (const fs::path& folder : {options_.rescue, fs::temp_directory_path(ignored)}) {
      const fs::path file = folder / fmt::format("joulemark-unsent-{}.sqlite", id);
      const auto aside = open_sqlite(file, Mode::write);
      if (!aside || !(*aside)->append(thing)) continue;
      error.what += fmt::format(". {} was not stored there; it is kept in {}", id, file.string());
      error.next = fmt::format("Add it later: joulemark import {} --db {}",
                               Location::file(file).argument(), location_.argument());
      return tl::unexpected(std::move(error));
    }
    error.what += fmt::format(". {} could be stored neither there nor in {}, and is lost", id,
                              fs::absolute(options_.rescue, ignored).string());
    return tl::unexpected(std::move(error));
  }

  Result<void> try_claim(const Device& device) {
    std::string holder;
    const auto claimed = patiently<bool>([&](pq::Connection& c, bool) -> pq::Answer<bool> {
      const auto locked = c.query(kClaim, {lock_name(device)});
      if (!locked) return tl::unexpected(locked.error());
      if (locked->front()[0] == "t") return true;
      const auto held = c.query(kHolder, {lock_name(device)});
      if (!held) return tl::unexpected(held.error());
      if (held->empty()) return tl::unexpected(pq::Failure{"55P03", "just given free", false});
      holder = held->front()[1].value_or("");
      const bool our_own = holder == application_name() &&
                           held->front()[0] == std::to_string(lost_process_.value_or(0));
      if (!our_own) return false;
      // The server has not noticed yet that our last connection is gone.
      const auto ended = c.query("SELECT pg_terminate_backend($1)", {held->front()[0]});
      if (!ended) return tl::unexpected(ended.error());
      return tl::unexpected(pq::Failure{"55P03", "held by our own connection that broke", false});
    });
    if (!claimed) return tl::unexpected(claimed.error());
    if (*claimed) return {};
    return fail(
        ErrorKind::busy,
        fmt::format("another {} is measuring {} into {}", in_words(holder), device.name, place_),
        "Wait for it to end, or measure on another device");
  }

  /// A claim ends with its connection; whoever took the device meanwhile keeps it.
  Result<void> claim_again(const std::string& run) {
    if (!std::exchange(claims_lapsed_, false)) return {};
    for (const Device& device : claims_) {
      auto claimed = try_claim(device);
      if (claimed) continue;
      Error error = claimed.error();
      error.what = fmt::format("the connection was lost for a while, and now {}", error.what);
      error.next = fmt::format("{} is stored, but may have been disturbed. {}", run, error.next);
      return tl::unexpected(std::move(error));
    }
    return {};
  }

  Location location_;
  std::string place_;
  Mode mode_;
  OpenOptions options_;
  SteadyClock clock_;
  std::optional<pq::Connection> connection_;
  ServerFacts facts_;
  std::vector<Device> claims_;
  bool claims_lapsed_ = false;       ///< with a connection that was lost
  std::optional<int> lost_process_;  ///< the server's, of that connection
};

}  // namespace

Result<std::unique_ptr<Store>> open_postgres(const Location& location, Mode mode,
                                             const OpenOptions& options) {
  if (auto sound = pq::check_url(location.with_secrets()); !sound) {
    return tl::unexpected(sound.error());
  }
  auto store = std::make_unique<PostgresStore>(location, mode, options);
  if (auto opened = store->open(); !opened) return tl::unexpected(opened.error());
  return store;
}

}  // namespace joulemark::store
