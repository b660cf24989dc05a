#include "benchmarks/load/load_figures.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace marquee::load {

namespace {

std::int64_t between_us(steady::time_point from, steady::time_point to) {
  return std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::microseconds>(to - from).count());
}

double percentile_ms(const cli::latency_histogram& latency_us, double share, std::int64_t slowest_us) {
  // The histogram gives the upper end of a step, which may be above everything that was seen.
  return static_cast<double>(std::min(latency_us.percentile_us(share), slowest_us)) / 1000;
}

}  // namespace

load_figures::step_figures* load_figures::step_at(steady::time_point now) {
  if (now < window_.begin || now >= window_.end) return nullptr;
  const auto place = static_cast<std::size_t>((now - window_.begin) / step_);
  if (place >= steps_.size()) steps_.resize(place + 1);
  return &steps_[place];
}

void load_figures::answered(steady::time_point due, steady::time_point now, std::int64_t records,
                            std::int64_t bytes) {
  records_ever_ += records;
  ++requests_ever_;
  const std::int64_t latency_us = between_us(due, now);
  if (due >= window_.begin && due < window_.end) {
    latency_us_.add(latency_us);
    slowest_us_ = std::max(slowest_us_, latency_us);
  }
  step_figures* step = step_at(now);
  if (step == nullptr) return;
  records_ += records;
  ++requests_;
  bytes_ += bytes;
  step->records += records;
  if (!step->latency_us) step->latency_us = std::make_unique<cli::latency_histogram>();
  step->latency_us->add(latency_us);
}

void load_figures::failed(steady::time_point now, const std::string& reason, std::int64_t count) {
  errors_[reason] += count;
  if (step_figures* step = step_at(now)) step->errors += count;
}

void load_figures::merge(const load_figures& other) {
  records_ += other.records_;
  requests_ += other.requests_;
  bytes_ += other.bytes_;
  records_ever_ += other.records_ever_;
  requests_ever_ += other.requests_ever_;
  slowest_us_ = std::max(slowest_us_, other.slowest_us_);
  latency_us_.merge(other.latency_us_);
  for (const auto& [reason, count] : other.errors_) errors_[reason] += count;
  for (const auto& [what, count] : other.notes_) notes_[what] += count;
  if (steps_.size() < other.steps_.size()) steps_.resize(other.steps_.size());
  for (std::size_t i = 0; i < other.steps_.size(); ++i) {
    steps_[i].records += other.steps_[i].records;
    steps_[i].errors += other.steps_[i].errors;
    if (!other.steps_[i].latency_us) continue;
    if (!steps_[i].latency_us) steps_[i].latency_us = std::make_unique<cli::latency_histogram>();
    steps_[i].latency_us->merge(*other.steps_[i].latency_us);
  }
}

void load_figures::take_errors_of(const load_figures& other) {
  for (const auto& [reason, count] : other.errors_) errors_[reason] += count;
}

nlohmann::json load_figures::to_json(const std::string& operation, double client_cpu_seconds) const {
  const double seconds = std::chrono::duration<double>(window_.end - window_.begin).count();
  const double step_s = std::chrono::duration<double>(step_).count();
  nlohmann::json timeline = nlohmann::json::array();
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const step_figures& step = steps_[i];
    timeline.push_back({{"at_s", static_cast<double>(i) * step_s},
                        {"records", step.records},
                        {"errors", step.errors},
                        {"p99_ms", nullptr}});
    if (step.latency_us)
      timeline.back()["p99_ms"] = static_cast<double>(step.latency_us->percentile_us(0.99)) / 1000;
  }
  return {{"operation", operation},
          {"records", records_},
          {"requests", requests_},
          {"records_ever", records_ever_},
          {"requests_ever", requests_ever_},
          {"errors", errors_},
          {"notes", notes_},
          {"seconds", seconds},
          {"records_per_second", static_cast<double>(records_) / seconds},
          {"megabytes_per_second", static_cast<double>(bytes_) / seconds / 1e6},
          {"latency_ms",
           {{"p50", percentile_ms(latency_us_, 0.5, slowest_us_)},
            {"p90", percentile_ms(latency_us_, 0.9, slowest_us_)},
            {"p99", percentile_ms(latency_us_, 0.99, slowest_us_)},
            {"p99_9", percentile_ms(latency_us_, 0.999, slowest_us_)},
            {"max", static_cast<double>(slowest_us_) / 1000}}},
          {"timeline", timeline},
          {"client_cpu_seconds", client_cpu_seconds}};
}

}  // namespace marquee::load
