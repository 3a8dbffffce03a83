#include <cstdio>
#include <exception>
#include <string>

#include <CLI/CLI.hpp>

#include "artefact.hpp"
#include "joulemark/worker_main.hpp"
#include "reference_runtime.hpp"

namespace {

namespace protocol = joulemark::protocol;
namespace reference_worker = joulemark::reference_worker;

/// joulemark-worker-reference --make-artefact DIR --name NAME [--options JSON]
int make_artefact(int argc, char** argv) {
  CLI::App app{"Writes a model artefact that this worker runs"};
  std::string folder;
  std::string name;
  std::string options = "{}";
  app.add_option("--make-artefact", folder, "folder of models")->required();
  app.add_option("--name", name, "name of the model")->required();
  app.add_option("--options", options, "behaviour as a JSON object");
  CLI11_PARSE(app, argc, argv);
  try {
    reference_worker::make_artefact(folder, name, options);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "joulemark-worker-reference: %s\n", e.what());
    return 1;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool as_tool = argc > 1 && std::string_view(argv[1]) == "--make-artefact";
  if (as_tool) return make_artefact(argc, argv);
  return protocol::worker_main(argc, argv, "joulemark-worker-reference", [](int protocol_fd) {
    return reference_worker::make_reference_runtime(protocol_fd);
  });
}
