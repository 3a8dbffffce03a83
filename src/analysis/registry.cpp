#include <array>

#include "analysis/analyses.hpp"

namespace joulemark::analysis {
namespace {

constexpr std::array kAnalyses = {
    Analysis{"frontier", "Frontier", "models that no other beats in accuracy and energy at once",
             frontier},
    Analysis{"returns", "Price of accuracy", "what more accuracy costs along the frontier",
             returns},
    Analysis{"drivers", "What drives energy",
             "how energy goes with parameters, GMACs and activations", drivers},
    Analysis{"years", "Progress by year", "how records of energy and accuracy moved with the years",
             years},
    Analysis{"sizes", "Input size",
             "how energy and accuracy of a model go with the size of its input", sizes},
    Analysis{"energies", "All setups", "what models take on every setup", energies, true},
    Analysis{"runtimes", "Setups compared", "what one setup saves over another, model by model",
             runtimes, true},
    Analysis{"batch", "Batch size",
             "what larger batches save, and from which size on they hardly do", batch},
    Analysis{"families", "Kinds and families",
             "what kinds and families of models take at equal accuracy", families},
    Analysis{"robustness", "Robustness",
             "whether more energy buys accuracy on harder sets of images", robustness},
    Analysis{"prediction", "Prediction",
             "how well the energy of models that nobody measured can be predicted", prediction},
    Analysis{"quality", "Repeatability",
             "how well measurements repeat, and whether two estimators agree", quality},
    Analysis{"boards", "Boards", "how far boards of one name are apart", boards},
};

}  // namespace

std::span<const Analysis> analyses() { return kAnalyses; }

}  // namespace joulemark::analysis
