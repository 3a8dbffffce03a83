#include "joulemark/worker_main.hpp"
#include "torch_runtime.hpp"

int main(int argc, char** argv) {
  return joulemark::protocol::worker_main(argc, argv, "joulemark-worker-torch", [](int) {
    return joulemark::torch_worker::make_torch_runtime();
  });
}
