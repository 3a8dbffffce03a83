#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>

#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/interrupt.hpp"
#include "cli/output.hpp"
#include "cli/site_files.hpp"
#include "site/server.hpp"
#include "site/watch.hpp"

/// `joulemark serve`: a site over HTTP.
namespace joulemark::cli {
namespace {

void warn_of_others(const site::Server& server) {
  if (server.reach() == site::Reach::loopback) return;
  fmt::print(stderr,
             "joulemark: warning: other machines can reach {} and read all that is measured here, "
             "unencrypted and without a password. Leave out --bind for this machine alone\n",
             server.url());
}

std::string where(const site::Server& server, const ServeOptions& options, std::size_t files) {
  return fmt::format("{} {}{} (Ctrl-C ends it)\n",
                     options.api_only ? fmt::format("{} documents at", files) : "Open",
                     server.url(), options.api_only ? "api/v1/index.json" : "");
}

/// Files tell whether they changed; a server of PostgreSQL is not asked again and again.
site::Reload reload_of(const ServeOptions& options, const CommonOptions& common,
                       std::atomic<bool>& stop) {
  site::Reload reload;
  if (common.db.kind() == store::Location::Kind::file) {
    reload.state = [path = common.db.path()] { return site::state_of(path); };
    reload.seen = reload.state();
  }
  reload.make = [&] { return site_files(options, common, stop, Haste::none); };
  reload.say = [](const std::string& text) { fmt::print(stderr, "joulemark: {}\n", text); };
  reload.stop = [&] { stop = true; };
  return reload;
}

}  // namespace

int run_serve(const ServeOptions& options, const CommonOptions& common) {
  catch_signals();
  site::ServerOptions asked;
  asked.bind = options.bind;
  asked.port = options.port;
  const auto server = site::Server::open(asked);
  if (!server) return report_error(server.error(), common.json);
  std::atomic<bool> stop = false;
  const site::Reload reload = reload_of(options, common, stop);
  if (isatty(STDERR_FILENO) == 1) fmt::print(stderr, "joulemark: making the documents ...\n");
  auto files = site_files(options, common, interrupted(), Haste::all);
  if (!files) return report_error(files.error(), common.json);
  auto ready = site::ready(std::move(*files));
  if (!ready) return report_error(ready.error(), common.json);
  warn_of_others(**server);
  const auto said =
      write_out(common.json ? nlohmann::ordered_json{{"url", (*server)->url()}}.dump() + "\n"
                            : where(**server, options, ready->size()));
  if (!said) return report_error(said.error(), common.json);
  (*server)->run(std::move(*ready), reload, interrupted());
  return kOk;
}

}  // namespace joulemark::cli
