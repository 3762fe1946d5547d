#include "results/cell_numa.h"

#include <fmt/format.h>

#include <algorithm>

#include "harness/machine/proc_text.h"
#include "harness/stats/fairness.h"
#include "harness/stats/summary.h"
#include "results/instance_places.h"

namespace moebench {
namespace {

constexpr size_t kMostInstances = 4096;

const SessionRecord* FirstSession(const CellData& cell, const SessionsById& sessions) {
  for (const TrialRecord* trial : cell.trials) {
    const auto found = sessions.find(trial->session_id);
    if (found != sessions.end()) return found->second;
  }
  return nullptr;
}

std::optional<double> MedianOf(const std::vector<double>& values) {
  if (values.empty()) return std::nullopt;
  return Median(values);
}

void FillWaits(const CellData& cell, NumaView& numa) {
  std::vector<double> means, most;
  for (const TrialRecord* trial : cell.trials) {
    if (!trial->decode_wait) continue;
    means.push_back(trial->decode_wait->mean);
    most.push_back(trial->decode_wait->most);
  }
  numa.wait = MedianOf(means);
  numa.wait_most = MedianOf(most);
}

std::optional<double> RemoteShareOf(const CellData& cell, const SessionsById& sessions) {
  std::vector<double> shares;
  for (const TrialRecord* trial : cell.trials) {
    const auto found = sessions.find(trial->session_id);
    if (found == sessions.end() || !found->second->remote_share) continue;
    shares.push_back(*found->second->remote_share);
  }
  return MedianOf(shares);
}

void FillInstances(const CellData& cell, const SessionRecord* session, NumaView& numa) {
  std::vector<std::vector<double>> rates;  // [instance][trial]
  std::vector<double> overlaps;
  for (const TrialRecord* trial : cell.trials) {
    if (trial->instances.size() < 2) continue;
    overlaps.push_back(trial->overlap);
    rates.resize(std::max(rates.size(), std::min(trial->instances.size(), kMostInstances)));
    for (size_t i = 0; i < trial->instances.size() && i < rates.size(); ++i) {
      rates[i].push_back(trial->instances[i].DecodeTps());
    }
  }
  if (rates.empty()) return;
  const std::vector<InstancePlace> places =
      session ? InstancePlaces(session->asked_json) : std::vector<InstancePlace>();
  std::vector<double> medians;
  for (size_t i = 0; i < rates.size(); ++i) {
    const auto [lo, hi] = std::minmax_element(rates[i].begin(), rates[i].end());
    InstanceView instance{.tps = Median(rates[i]), .lo = *lo, .hi = *hi};
    if (i < places.size()) {
      std::vector<int> cpus = places[i].cpus;
      std::sort(cpus.begin(), cpus.end());
      instance.where =
          fmt::format("{} {}, {} {}", cpus.size() == 1 ? "cpu" : "cpus", FormatList(cpus),
                      places[i].nodes.size() == 1 ? "node" : "nodes", FormatList(places[i].nodes));
    }
    medians.push_back(instance.tps);
    numa.instances.push_back(std::move(instance));
  }
  numa.jain = JainIndex(medians);
  numa.min_over_max = MinOverMax(medians);
  numa.overlap = Median(overlaps);
}

}  // namespace

void FillNuma(const CellData& cell, const SessionsById& sessions, CellView& view) {
  NumaView& numa = view.numa;
  FillWaits(cell, numa);
  numa.remote_share = RemoteShareOf(cell, sessions);
  FillInstances(cell, FirstSession(cell, sessions), numa);
  if (view.decode_tps.n == 0) return;
  numa.bound = WhatBounds({.read_share = view.bound.empty() ? 0 : view.bandwidth_fraction,
                           .wait_share = numa.wait,
                           .source = view.bound.empty() ? "memory" : view.bound});
}

}  // namespace moebench
