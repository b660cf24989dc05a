#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace marquee {

using metric_labels = std::vector<std::pair<std::string, std::string>>;

/// Only goes up. Thread-safe.
class metric_counter {
 public:
  void add(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

/// Goes up and down. Thread-safe.
class metric_gauge {
 public:
  void set(std::int64_t value) { value_.store(value, std::memory_order_relaxed); }
  void add(std::int64_t amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

/// Counts observations in fixed buckets. Thread-safe.
class metric_histogram {
 public:
  /// `bounds` are the upper ends of the buckets, ascending, in the unit of the metric's name.
  explicit metric_histogram(std::vector<std::uint64_t> bounds);
  void observe(std::uint64_t value);
  [[nodiscard]] const std::vector<std::uint64_t>& bounds() const { return bounds_; }
  /// Observations in bucket `i` alone; the last one (index bounds().size()) holds what was above every bound.
  [[nodiscard]] std::uint64_t bucket(std::size_t i) const;
  [[nodiscard]] std::uint64_t sum() const { return sum_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t count() const;

  /// 50 us to 10 s, for latencies in microseconds.
  [[nodiscard]] static std::vector<std::uint64_t> latency_us_bounds();
  /// 1 to 65,536 in powers of two, for sizes of batches.
  [[nodiscard]] static std::vector<std::uint64_t> batch_size_bounds();

 private:
  std::vector<std::uint64_t> bounds_;
  std::vector<std::atomic<std::uint64_t>> buckets_;
  std::atomic<std::uint64_t> sum_{0};
};

/// The metrics of one process, and their text for Prometheus. Asking twice for the same name and labels gives
/// the same metric. What is handed out lives as long as the registry. Thread-safe.
class metrics_registry {
 public:
  metrics_registry();
  ~metrics_registry();

  /// `name` as Prometheus wants it, such as "marquee_broker_fsyncs_total"; `help` is one sentence.
  metric_counter& counter(const std::string& name, const std::string& help, metric_labels labels = {});
  metric_gauge& gauge(const std::string& name, const std::string& help, metric_labels labels = {});
  metric_histogram& histogram(const std::string& name, const std::string& help,
                              std::vector<std::uint64_t> bounds, metric_labels labels = {});
  /// Drops one metric (a deleted partition's). Nobody may hold a reference to it any more.
  void remove(const std::string& name, const metric_labels& labels);
  /// `refresh` is called before each `text`, on the thread that asks, for gauges that are read from
  /// elsewhere. Must be cheap, and outlive the last `text`.
  void before_text(std::function<void()> refresh);
  /// Prometheus text format 0.0.4.
  [[nodiscard]] std::string text() const;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace marquee
