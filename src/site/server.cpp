#include "site/server.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <limits>
#include <list>
#include <memory>
#include <optional>
#include <thread>
#include <utility>

#include <boost/asio.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

/// All that is decided about HTTP is in answer.cpp; here is what needs sockets and time.
namespace joulemark::site {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::uint32_t kMostHeaderBytes = 8192;
/// Files that are open besides connections.
constexpr std::size_t kOtherFiles = 64;
/// A client that reads slower than this is disconnected.
constexpr std::size_t kLeastBytesPerSecond = 20'000;
constexpr seconds kForAnyAnswer{10};
/// What is still sent by who was refused is read for so long, so that it reads the answer.
constexpr seconds kForRefused{2};
constexpr seconds kForLastAnswers{2};
constexpr int kLeastUrgent = 19;
constexpr milliseconds kUntilFilesAreFree{100};

class Connection;

/// What all connections share. All of it is of one thread.
struct Shared {
  std::shared_ptr<const Site> site;
  Reach reach = Reach::loopback;
  milliseconds for_request{};
  bool is_stopping = false;
  bool was_asked = false;  ///< for something, since this was last set to false
  std::size_t open = 0;
  /// Those whose request is not all there yet, the longest waiting first.
  std::list<Connection*> waiting;
  std::function<void()> on_closed;  ///< a place became free
  /// The last, so that it is the first to go: connections that it still holds need the rest.
  asio::io_context io{1};
};

/// One client: waits for a request, answers it, and begins again.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(tcp::socket&& socket, Shared& shared) : stream_(std::move(socket)), shared_(shared) {
    ++shared_.open;
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() { close(); }

  void wait_for_request() {
    parser_.emplace();
    parser_->header_limit(kMostHeaderBytes);
    // Bodies are not read at all. (In Boost 1.74 none is a limit that everything exceeds.)
    parser_->body_limit(std::numeric_limits<std::uint64_t>::max());
    place_ = shared_.waiting.insert(shared_.waiting.end(), this);
    stream_.expires_after(shared_.for_request);
    http::async_read_header(stream_, buffer_, *parser_,
                            [self = shared_from_this()](error_code error, std::size_t) {
                              self->no_longer_waits();
                              self->on_request(error);
                            });
  }

  void close() {
    if (!is_open_) return;
    is_open_ = false;
    no_longer_waits();
    --shared_.open;
    stream_.close();
    if (shared_.on_closed) shared_.on_closed();
  }

 private:
  using Message = http::response<http::span_body<const char>>;

  void no_longer_waits() {
    if (place_) shared_.waiting.erase(*place_);
    place_.reset();
  }

  void on_request(error_code error) {
    if (!is_open_) return;
    const int refused = error ? refused_with(error) : 0;
    if (refused != 0) {
      send(refusal(refused));
    } else if (error) {
      close();  // gone, or too slow
    } else {
      shared_.was_asked = true;
      site_ = shared_.site;  // stays as long as its answer
      send(answer(request(), *site_, shared_.reach));
    }
  }

  /// The status for what is no request; 0 where nobody is there to be answered.
  static int refused_with(error_code error) {
    if (error == http::error::header_limit || error == http::error::buffer_overflow) return 431;
    if (error == http::error::end_of_stream || error == http::error::partial_message) return 0;
    const bool is_parsers = error.category() == make_error_code(http::error::bad_target).category();
    return is_parsers ? 400 : 0;
  }

  /// Views into the parser's message.
  Request request() const {
    const auto& message = parser_->get();
    const auto text = [&](http::field field) {
      const auto value = message[field];
      return std::string_view(value.data(), value.size());
    };
    const auto view = [](beast::string_view v) { return std::string_view(v.data(), v.size()); };
    const auto length = parser_->content_length();
    return {view(message.method_string()),    view(message.target()),
            text(http::field::host),          message.count(http::field::host),
            message.version() == 10,          text(http::field::accept_encoding),
            text(http::field::if_none_match), parser_->chunked() || (length && *length > 0)};
  }

  void send(Answer answer) {
    answer_ = std::move(answer);
    const std::string& content = answer_.content();
    const bool has_content = answer_.status != 304;
    message_ = Message();
    message_.version(11);
    message_.result(static_cast<unsigned>(answer_.status));
    for (const auto& [name, value] : answer_.headers) message_.set(name, value);
    message_.set(http::field::date,
                 fmt::format("{:%a, %d %b %Y %H:%M:%S} GMT", fmt::gmtime(std::time(nullptr))));
    if (has_content) message_.content_length(content.size());
    if (has_content && !answer_.is_head) message_.body() = {content.data(), content.size()};
    message_.keep_alive(!answer_.closes && !shared_.is_stopping && parser_->get().keep_alive());
    stream_.expires_after(kForAnyAnswer + seconds(content.size() / kLeastBytesPerSecond));
    http::async_write(
        stream_, message_,
        [self = shared_from_this()](error_code error, std::size_t) { self->on_sent(error); });
  }

  void on_sent(error_code error) {
    if (!is_open_) return;
    site_.reset();
    if (!error && !shared_.is_stopping && message_.keep_alive()) {
      wait_for_request();
    } else if (!error && answer_.closes) {
      error = stream_.socket().shutdown(tcp::socket::shutdown_send, error);
      stream_.expires_after(kForRefused);
      read_rest();
    } else {
      close();
    }
  }

  /// Closing a socket with something unread in it would take the answer back from the client.
  void read_rest() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kMostHeaderBytes),
                            [self = shared_from_this()](error_code error, std::size_t) {
                              if (error || !self->is_open_) {
                                self->close();
                              } else {
                                self->read_rest();
                              }
                            });
  }

  beast::tcp_stream stream_;
  Shared& shared_;
  bool is_open_ = true;
  std::optional<std::list<Connection*>::iterator> place_;  ///< in shared_.waiting
  beast::flat_buffer buffer_{kMostHeaderBytes + 1};
  std::optional<http::request_parser<http::buffer_body>> parser_;
  std::shared_ptr<const Site> site_;
  Answer answer_;
  Message message_;
};

/// As many files as the system lets this process open; returns how many connections that allows.
std::size_t raise_limit(std::size_t wanted) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return wanted;
  const rlim_t enough = std::min<rlim_t>(limit.rlim_max, wanted + kOtherFiles);
  if (limit.rlim_cur < enough) {
    limit.rlim_cur = enough;
    static_cast<void>(setrlimit(RLIMIT_NOFILE, &limit));
    static_cast<void>(getrlimit(RLIMIT_NOFILE, &limit));
  }
  if (limit.rlim_cur <= kOtherFiles) return 1;
  return std::min<std::size_t>(wanted, limit.rlim_cur - kOtherFiles);
}

Error not_listening(const ServerOptions& o, error_code error) {
  const std::string what = fmt::format("cannot listen on {} port {}", o.bind, o.port);
  if (error == asio::error::address_in_use) {
    return {ErrorKind::busy, what + ": another program does",
            "Choose another with --port, or --port 0 for any that is free"};
  }
  if (error == boost::system::errc::address_not_available) {
    return {ErrorKind::invalid_input, what + ": this machine has no such address",
            "Leave out --bind for this machine alone; 0.0.0.0 is all addresses"};
  }
  const bool is_denied = error == asio::error::access_denied;
  return {is_denied ? ErrorKind::permission_denied : ErrorKind::io,
          fmt::format("{}: {}", what, error.message()), "Choose another with --port"};
}

class BeastServer : public Server {
 public:
  explicit BeastServer(const ServerOptions& options)
      : most_(raise_limit(options.connections)),
        acceptor_(shared_.io),
        retry_(shared_.io),
        reload_timer_(shared_.io),
        last_answers_(shared_.io),
        signals_(shared_.io) {
    shared_.for_request = options.for_request;
    shared_.on_closed = [this] { accept(); };
  }
  ~BeastServer() override { shared_.on_closed = nullptr; }

  Result<void> listen(const ServerOptions& o) {
    error_code error;
    const auto address =
        asio::ip::make_address(o.bind == "localhost" ? "127.0.0.1" : o.bind, error);
    if (error) {
      return fail(ErrorKind::invalid_input, fmt::format("'{}' is no address", o.bind),
                  "Give --bind a numeric one: 127.0.0.1, ::1, or 0.0.0.0 for all");
    }
    shared_.reach = address.is_loopback() ? Reach::loopback : Reach::anywhere;
    const tcp::endpoint endpoint(address, o.port);
    error = acceptor_.open(endpoint.protocol(), error);
    if (!error) error = acceptor_.set_option(asio::socket_base::reuse_address(true), error);
    if (!error) error = acceptor_.bind(endpoint, error);
    if (!error) error = acceptor_.listen(asio::socket_base::max_listen_connections, error);
    if (error) return tl::unexpected(not_listening(o, error));
    return {};
  }

  std::uint16_t port() const override { return acceptor_.local_endpoint().port(); }

  std::string url() const override {
    const auto address = acceptor_.local_endpoint().address();
    const std::string text = address.to_string();
    return fmt::format("http://{}:{}/", address.is_v6() ? "[" + text + "]" : text, port());
  }

  Reach reach() const override { return shared_.reach; }

  void run(Site site, const Reload& reload, const std::atomic<bool>& told) override {
    shared_.site = std::make_shared<const Site>(std::move(site));
    reload_ = reload;
    wait_for_signal();
    if (told) asio::post(shared_.io, [this] { stop(); });
    seen_ = reload_.seen;
    if (reload_.state) watch();
    accept();
    shared_.io.run();
    if (maker_.joinable()) maker_.join();
  }

 private:
  // --- connections

  void accept() {
    if (is_accepting_ || shared_.is_stopping) return;
    if (shared_.open >= most_ && shared_.waiting.empty()) return;  // one that ends calls again
    is_accepting_ = true;
    acceptor_.async_accept([this](error_code error, tcp::socket socket) {
      is_accepting_ = false;
      if (shared_.is_stopping) return;
      if (error) {
        try_again_soon();
      } else {
        welcome(std::move(socket));
        accept();
      }
    });
  }

  void welcome(tcp::socket&& socket) {
    error_code ignored;
    ignored = socket.set_option(tcp::no_delay(true), ignored);
    const auto connection = std::make_shared<Connection>(std::move(socket), shared_);
    if (shared_.open > most_ && !shared_.waiting.empty()) shared_.waiting.front()->close();
    connection->wait_for_request();
  }

  /// Of all files that may be open none is left; or the client is gone already.
  void try_again_soon() {
    retry_.expires_after(kUntilFilesAreFree);
    retry_.async_wait([this](error_code error) {
      if (!error) accept();
    });
  }

  // --- a new site

  void watch() {
    reload_timer_.expires_after(reload_.every);
    reload_timer_.async_wait([this](error_code error) {
      if (error || shared_.is_stopping) return;
      look();
      watch();
    });
  }

  void look() {
    if (is_making_) return;
    const auto now = std::chrono::steady_clock::now();
    if (std::string state = reload_.state(); state != seen_) {
      seen_ = std::move(state);
      changed_at_ = now;
      shared_.was_asked = false;
    }
    const bool is_due = changed_at_ && (shared_.was_asked || now - *changed_at_ >= reload_.quiet);
    if (is_due) make();
  }

  void make() {
    if (maker_.joinable()) maker_.join();
    is_making_ = true;
    changed_at_.reset();
    maker_ = std::thread([this] {
      // Of this thread alone, as Linux has it: behind whatever is measured.
      static_cast<void>(setpriority(PRIO_PROCESS, 0, kLeastUrgent));
      auto made = reload_.make().and_then(ready);
      asio::post(shared_.io, [this, made = std::move(made)]() mutable { take(std::move(made)); });
    });
  }

  void take(Result<Site> made) {
    is_making_ = false;
    if (shared_.is_stopping) return;
    if (made) shared_.site = std::make_shared<const Site>(std::move(*made));
    if (reload_.say) {
      reload_.say(made ? "the database has changed, and so has the page"
                       : "the database has changed; the page stays as it was: " +
                             made.error().message());
    }
  }

  // --- the end

  void wait_for_signal() {
    signals_.add(SIGINT);
    signals_.add(SIGTERM);
    signals_.async_wait([this](error_code error, int) {
      if (!error) stop();
    });
  }

  void stop() {
    shared_.is_stopping = true;
    if (reload_.stop) reload_.stop();
    error_code ignored;
    ignored = acceptor_.close(ignored);
    retry_.cancel();
    reload_timer_.cancel();
    while (!shared_.waiting.empty()) shared_.waiting.front()->close();
    last_answers_.expires_after(kForLastAnswers);
    last_answers_.async_wait([this](error_code) { shared_.io.stop(); });
    signals_.async_wait([this](error_code, int) { shared_.io.stop(); });
    if (shared_.open == 0) shared_.io.stop();
    shared_.on_closed = [this] {
      if (shared_.open == 0) shared_.io.stop();
    };
  }

  Shared shared_;
  std::size_t most_;
  tcp::acceptor acceptor_;
  asio::steady_timer retry_, reload_timer_, last_answers_;
  asio::signal_set signals_;
  bool is_accepting_ = false;
  bool is_making_ = false;
  Reload reload_;
  std::string seen_;
  std::optional<std::chrono::steady_clock::time_point> changed_at_;  ///< and not made since
  std::thread maker_;
};

}  // namespace

Result<std::unique_ptr<Server>> Server::open(const ServerOptions& options) {
  auto server = std::make_unique<BeastServer>(options);
  if (auto ok = server->listen(options); !ok) return tl::unexpected(ok.error());
  return server;
}

}  // namespace joulemark::site
