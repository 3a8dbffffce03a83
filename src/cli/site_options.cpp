#include <memory>

#include <CLI/CLI.hpp>

#include "cli/commands.hpp"
#include "cli/option_tables.hpp"

/// What `serve` and `export-site` take.
namespace joulemark::cli {
namespace {

void add_site(CLI::App& app, SiteOptions& options) {
  app.add_flag("--api-only", options.api_only,
               "the documents of api/v1/ without the page that shows them");
  add_predicted(app, options.predicted);
}

}  // namespace

Run add_serve(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ServeOptions>();
  app.description("Open the measurements as a page, to explore, compare and calculate");
  app.footer(
      "Prints the address to open in a browser, and answers until Ctrl-C. When the database "
      "changes, the page has\nits new rows some seconds after somebody has looked at it, or in a "
      "minute; of PostgreSQL, after a new start.\nNothing can be changed through it.\n"
      "Examples:\n"
      "  joulemark serve --db data/results\n"
      "  joulemark serve --port 0 --db joulemark.sqlite");
  app.add_option("--bind", o->bind,
                 "address to listen on; any other than 127.0.0.1 and ::1 lets other machines read "
                 "all that is measured")
      ->capture_default_str()
      ->type_name("ADDRESS");
  app.add_option("--port", o->port, "port to listen on; 0: any that is free")
      ->capture_default_str()
      ->type_name("PORT");
  add_site(app, *o);
  return [o, &common] { return run_serve(*o, common); };
}

Run add_export_site(CLI::App& app, CommonOptions& common) {
  auto o = std::make_shared<ExportSiteOptions>();
  app.description("Write the page and its documents as files for any static host");
  app.footer(
      "The folder holds what `joulemark serve` answers, byte for byte. Called again it is brought "
      "up to date:\nwhat no longer belongs to it in api/v1/ and assets/ is removed.\n"
      "  joulemark export-site public --db data/results");
  app.add_option("folder", o->folder, "folder to write; made if it is not there")
      ->required()
      ->type_name("DIR");
  app.add_flag("--force", o->force,
               "also into a folder that holds something else; its other files are kept");
  add_site(app, *o);
  return [o, &common] { return run_export_site(*o, common); };
}

}  // namespace joulemark::cli
