#pragma once

#include <string>
#include <vector>

#include "catalogue/upstream.hpp"

/// Tables in timm's form with made-up numbers, small enough to see through.
namespace joulemark::catalogue::testing {

/// Facts of two architectures, `alpha` and `beta_224`, and of `gamma`, which has no accuracies.
inline const char* const kSmallFacts = R"({
 "schema": "joulemark.timm-facts/1",
 "timm": "9.8.7",
 "families": [
  {"family": "alphas", "kind": "CNN", "paper": "1512.03385", "date": "2015-12", "cited_in": "timm/models/a.py"},
  {"family": "betas", "kind": "hybrid", "reason": "no paper"}
 ],
 "architectures": [
  {"architecture": "alpha", "module": "a", "family": "alphas", "default_tag": "one"},
  {"architecture": "beta_224", "module": "b", "family": "betas", "default_tag": "none_tested"},
  {"architecture": "gamma", "module": "b"}
 ],
 "weights": [
  {"model": "alpha.one", "pretraining": "in1k", "licence": "mit", "paper": "2110.00476", "date": "2021-10"},
  {"model": "alpha.two", "pretraining": "in21k"},
  {"model": "beta_224.in1k", "pretraining": "in1k", "licence": "mit"},
  {"model": "gamma.in1k", "pretraining": "in1k"}
 ],
 "formerly": [{"old": "alpha_old", "new": "alpha.two"}]
})";

inline Input table(const std::string& name, const std::string& text) {
  return {name, text, "digest of " + name};
}

/// The same four evaluations on every set: alpha.one at 224 and 288, alpha.two at 224, beta at 224.
inline std::string small_results(double worse_by = 0.0) {
  const auto row = [&](const std::string& model, const char* size, double top1,
                       const char* parameters) {
    const double top5 = top1 + 15.0 - worse_by;
    const auto text = [](double v) { return std::to_string(v); };
    return model + "," + size + "," + text(top1 - worse_by) + "," + text(100.0 - top1 + worse_by) +
           "," + text(top5) + "," + text(100.0 - top5) + "," + parameters + ",0.950,bicubic\n";
  };
  return "model,img_size,top1,top1_err,top5,top5_err,param_count,crop_pct,interpolation\n" +
         row("alpha.one", "224", 70.5, "\"1,011.50\"") +
         row("alpha.one", "288", 72.25, "\"1,011.50\"") +
         row("alpha.two", "224", 75.0, "\"1,011.50\"") + row("beta_224.in1k", "224", 80.0, "5.39");
}

/// A whole folder.
inline std::vector<Input> small_tables() {
  return {
      table("results-imagenet.csv", small_results()),
      table("results-imagenet-real.csv", small_results(-1.0)),
      table("results-imagenetv2-matched-frequency.csv", small_results(10.0)),
      table("results-sketch.csv", small_results(40.0)),
      table("results-imagenet-a.csv", small_results(50.0)),
      table("results-imagenet-r.csv", small_results(30.0)),
      table("results-imagenet-a-clean.csv", small_results(-3.0)),
      table("results-imagenet-r-clean.csv", small_results(-2.0)),
      table("model_metadata-in1k.csv", "model,pretrain\nalpha_old,in21k\nalpha,in1k-dist\n"),
      table("benchmark-infer-amp-nchw-pt291-cu130-5090.csv",
            "model,infer_img_size,infer_samples_per_sec,infer_step_time,infer_batch_size,"
            "param_count,infer_gmacs,infer_macts\n"
            "alpha,224,10,1,256,1000.00,3.9,10.5\n"
            "alpha,288,10,1,256,1000.00,6.0,17.0\n"
            "beta_224,224,10,1,256,12.08,1.27,9.0\n"
            "delta,224,10,1,256,1.00,0.1,0.2\n"),
      table("benchmark-infer-amp-nhwc-pt240-cu124-rtx3090.csv",
            "model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,"
            "infer_gmacs,infer_macts,param_count\n"
            "alpha,20.5,1,256,224,4.1,11.1,1011.50\n"),
      table("benchmark-infer-fp32-nchw-pt221-cpu-i9-dynamo.csv",
            "model,infer_samples_per_sec,infer_step_time,infer_batch_size,infer_img_size,"
            "param_count\n"
            "alpha,10,1,1,224,1011.50\n"),
  };
}

}  // namespace joulemark::catalogue::testing
