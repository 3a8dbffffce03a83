#include <array>

#include "analysis/analyses.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::array kAnalyses = {
    Analysis{"frontier", "models that no other beats in accuracy and energy at once", frontier},
    Analysis{"returns", "what more accuracy costs along the frontier", returns},
    Analysis{"drivers", "how energy goes with parameters, GMACs and activations", drivers},
    Analysis{"batch", "what larger batches save, and from which size on they hardly do", batch},
    Analysis{"runtimes", "what one setup saves over another, model by model", runtimes},
    Analysis{"quality", "how well measurements repeat, and whether two estimators agree", quality},
    Analysis{"prediction", "how well the energy of models that nobody measured can be predicted",
             prediction},
};

}  // namespace

std::span<const Analysis> analyses() { return kAnalyses; }

}  // namespace joulemark::analysis
