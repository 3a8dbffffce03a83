#include "analysis/ridge.hpp"

#include <cmath>
#include <limits>
#include <map>

#include <Eigen/Dense>

namespace joulemark::analysis {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Observations with features of mean 0 and standard deviation 1, and values of mean 0.
struct Standard {
  MatrixXd z;
  VectorXd y;
  VectorXd mean, deviation;  ///< of each feature; a constant one has the deviation 1
  double mean_y = 0.0;
};

std::optional<Standard> standardise(const Features& x, std::span<const double> y) {
  const auto n = static_cast<Index>(x.size());
  if (n < 3 || x.size() != y.size() || x.front().empty()) return std::nullopt;
  const auto p = static_cast<Index>(x.front().size());
  Standard s{MatrixXd(n, p), VectorXd(n), {}, {}, 0.0};
  for (Index i = 0; i < n; ++i) {
    const auto& row = x[static_cast<std::size_t>(i)];
    if (static_cast<Index>(row.size()) != p) return std::nullopt;
    for (Index j = 0; j < p; ++j) s.z(i, j) = row[static_cast<std::size_t>(j)];
    s.y(i) = y[static_cast<std::size_t>(i)];
  }
  if (!s.z.allFinite() || !s.y.allFinite()) return std::nullopt;
  s.mean = s.z.colwise().mean();
  s.z.rowwise() -= s.mean.transpose();
  s.deviation = (s.z.colwise().squaredNorm() / static_cast<double>(n)).cwiseSqrt();
  if (s.deviation.maxCoeff() <= 0.0) return std::nullopt;
  s.deviation = (s.deviation.array() > 0.0).select(s.deviation, 1.0);
  s.z.array().rowwise() /= s.deviation.transpose().array();
  s.mean_y = s.y.mean();
  s.y.array() -= s.mean_y;
  if (s.y.squaredNorm() <= 0.0) return std::nullopt;
  return s;
}

/// By the singular values, for which each penalty is one division.
double choose_penalty(const Standard& s) {
  const Eigen::JacobiSVD<MatrixXd> svd(s.z, Eigen::ComputeThinU | Eigen::ComputeThinV);
  const Eigen::ArrayXd squares = svd.singularValues().array().square();
  const VectorXd along = svd.matrixU().transpose() * s.y;
  const auto n = static_cast<double>(s.y.size());
  double best = kPenalties[0];
  double least = std::numeric_limits<double>::infinity();
  for (const double penalty : kPenalties) {
    const Eigen::ArrayXd kept = squares / (squares + penalty);
    const VectorXd residuals = s.y - svd.matrixU() * (kept * along.array()).matrix();
    const double free = 1.0 - (1.0 + kept.sum()) / n;  // one more for the intercept
    if (free <= 0.0) continue;
    const double score = residuals.squaredNorm() / n / (free * free);
    if (score < least) {
      least = score;
      best = penalty;
    }
  }
  return best;
}

/// Of the coefficients' equations, with the intercept in the last place and without a penalty.
MatrixXd with_intercept(const MatrixXd& z) {
  MatrixXd all(z.rows(), z.cols() + 1);
  all << z, VectorXd::Ones(z.rows());
  return all;
}

MatrixXd inverse(const MatrixXd& all, double penalty) {
  MatrixXd a = all.transpose() * all;
  a.diagonal().head(all.cols() - 1).array() += penalty;
  return a.ldlt().solve(MatrixXd::Identity(a.rows(), a.cols()));
}

}  // namespace

double Ridge::at(std::span<const double> features) const {
  double value = intercept;
  for (std::size_t i = 0; i < coefficients.size(); ++i) value += coefficients[i] * features[i];
  return value;
}

std::optional<Ridge> fit_ridge(const Features& x, std::span<const double> y) {
  const auto s = standardise(x, y);
  if (!s) return std::nullopt;
  Ridge fit;
  fit.penalty = choose_penalty(*s);
  MatrixXd a = s->z.transpose() * s->z;
  a.diagonal().array() += fit.penalty;
  const VectorXd b = (a.ldlt().solve(s->z.transpose() * s->y).array() / s->deviation.array());
  fit.coefficients.assign(b.begin(), b.end());
  fit.intercept = s->mean_y - s->mean.dot(b);
  return fit;
}

std::vector<double> residuals_without_group(const Features& x, std::span<const double> y,
                                            std::span<const std::string> groups) {
  const auto s = standardise(x, y);
  if (!s || groups.size() != y.size()) return {};
  std::map<std::string_view, std::vector<Index>> members;
  for (std::size_t i = 0; i < groups.size(); ++i) {
    members[groups[i]].push_back(static_cast<Index>(i));
  }
  if (members.size() < 2) return {};
  const MatrixXd all = with_intercept(s->z);
  const MatrixXd a = inverse(all, choose_penalty(*s));
  const VectorXd residuals = s->y - all * (a * (all.transpose() * s->y));
  std::vector<double> left(y.size());
  for (const auto& [group, rows] : members) {
    const MatrixXd z = all(rows, Eigen::all);
    const MatrixXd without = MatrixXd::Identity(z.rows(), z.rows()) - z * a * z.transpose();
    const VectorXd out = without.ldlt().solve(VectorXd(residuals(rows)));
    for (Index i = 0; i < out.size(); ++i) {
      left[static_cast<std::size_t>(rows[static_cast<std::size_t>(i)])] = out(i);
    }
  }
  return left;
}

}  // namespace joulemark::analysis
