#include "base/metrics.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <variant>

#include "base/assert.h"

namespace marquee {

namespace {

using any_metric = std::variant<std::unique_ptr<metric_counter>, std::unique_ptr<metric_gauge>,
                                std::unique_ptr<metric_histogram>>;

/// All metrics of one name: same kind, different labels.
struct metric_family {
  std::string help;
  std::size_t kind = 0;  ///< index into any_metric
  std::map<std::string, any_metric> members;
};

void append_escaped(std::string& target, std::string_view text, bool is_label) {
  for (const char c : text) {
    if (c == '\\')
      target += "\\\\";
    else if (c == '\n')
      target += "\\n";
    else if (c == '"' && is_label)
      target += "\\\"";
    else
      target += c;
  }
}

/// `a="1",b="2"` without braces, in the order that was given.
std::string label_text(const metric_labels& labels) {
  std::string text;
  for (const auto& [name, value] : labels) {
    if (!text.empty()) text += ',';
    text += name + "=\"";
    append_escaped(text, value, true);
    text += '"';
  }
  return text;
}

std::string braced(const std::string& labels) {
  return labels.empty() ? "" : "{" + labels + "}";
}

void append_histogram(std::string& target, const std::string& name, const std::string& labels,
                      const metric_histogram& histogram) {
  auto out = std::back_inserter(target);
  const std::string before = labels.empty() ? "" : labels + ",";
  std::uint64_t below = 0;
  for (std::size_t i = 0; i < histogram.bounds().size(); ++i) {
    below += histogram.bucket(i);
    fmt::format_to(out, "{}_bucket{{{}le=\"{}\"}} {}\n", name, before, histogram.bounds()[i], below);
  }
  below += histogram.bucket(histogram.bounds().size());
  fmt::format_to(out, "{}_bucket{{{}le=\"+Inf\"}} {}\n", name, before, below);
  fmt::format_to(out, "{}_sum{} {}\n", name, braced(labels), histogram.sum());
  fmt::format_to(out, "{}_count{} {}\n", name, braced(labels), below);
}

void append_member(std::string& target, const std::string& name, const std::string& labels,
                   const any_metric& metric) {
  if (const auto* histogram = std::get_if<std::unique_ptr<metric_histogram>>(&metric)) {
    append_histogram(target, name, labels, **histogram);
  } else if (const auto* counter = std::get_if<std::unique_ptr<metric_counter>>(&metric)) {
    fmt::format_to(std::back_inserter(target), "{}{} {}\n", name, braced(labels), (*counter)->value());
  } else {
    fmt::format_to(std::back_inserter(target), "{}{} {}\n", name, braced(labels),
                   std::get<std::unique_ptr<metric_gauge>>(metric)->value());
  }
}

constexpr const char* kind_names[] = {"counter", "gauge", "histogram"};

}  // namespace

metric_histogram::metric_histogram(std::vector<std::uint64_t> bounds)
    : bounds_(std::move(bounds)), buckets_(bounds_.size() + 1) {
  MARQUEE_ASSERT(std::is_sorted(bounds_.begin(), bounds_.end()), "histogram bounds must ascend");
}

void metric_histogram::observe(std::uint64_t value) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  buckets_[static_cast<std::size_t>(bound - bounds_.begin())].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t metric_histogram::bucket(std::size_t i) const {
  return buckets_[i].load(std::memory_order_relaxed);
}

std::uint64_t metric_histogram::count() const {
  std::uint64_t total = 0;
  for (const auto& bucket : buckets_) total += bucket.load(std::memory_order_relaxed);
  return total;
}

std::vector<std::uint64_t> metric_histogram::latency_us_bounds() {
  return {50,     100,     200,     500,     1'000,     2'000,     5'000,     10'000,    20'000,
          50'000, 100'000, 200'000, 500'000, 1'000'000, 2'000'000, 5'000'000, 10'000'000};
}

std::vector<std::uint64_t> metric_histogram::batch_size_bounds() {
  std::vector<std::uint64_t> bounds;
  for (std::uint64_t bound = 1; bound <= 65'536; bound *= 2) bounds.push_back(bound);
  return bounds;
}

struct metrics_registry::state {
  mutable std::mutex mutex;
  std::mutex refreshing;
  std::vector<std::function<void()>> refreshes;
  std::map<std::string, metric_family> families;

  template <class Metric, class... Args>
  Metric& find_or_make(const std::string& name, const std::string& help, const metric_labels& labels,
                       Args&&... args) {
    using held = std::unique_ptr<Metric>;
    const std::size_t kind = any_metric(held{}).index();
    const std::lock_guard lock(mutex);
    auto [place, is_new] = families.try_emplace(name);
    metric_family& family = place->second;
    if (is_new) {
      family.help = help;
      family.kind = kind;
    }
    MARQUEE_ASSERT(family.kind == kind, "a metric's name belongs to another kind of metric");
    any_metric& member = family.members[label_text(labels)];
    if (member.index() != kind || std::get<held>(member) == nullptr)
      member = std::make_unique<Metric>(std::forward<Args>(args)...);
    return *std::get<held>(member);
  }
};

metrics_registry::metrics_registry() : state_(std::make_unique<state>()) {}
metrics_registry::~metrics_registry() = default;

metric_counter& metrics_registry::counter(const std::string& name, const std::string& help,
                                          metric_labels labels) {
  return state_->find_or_make<metric_counter>(name, help, labels);
}

metric_gauge& metrics_registry::gauge(const std::string& name, const std::string& help,
                                      metric_labels labels) {
  return state_->find_or_make<metric_gauge>(name, help, labels);
}

metric_histogram& metrics_registry::histogram(const std::string& name, const std::string& help,
                                              std::vector<std::uint64_t> bounds, metric_labels labels) {
  return state_->find_or_make<metric_histogram>(name, help, labels, std::move(bounds));
}

void metrics_registry::remove(const std::string& name, const metric_labels& labels) {
  const std::lock_guard lock(state_->mutex);
  const auto family = state_->families.find(name);
  if (family == state_->families.end()) return;
  family->second.members.erase(label_text(labels));
  if (family->second.members.empty()) state_->families.erase(family);
}

void metrics_registry::before_text(std::function<void()> refresh) {
  const std::lock_guard lock(state_->refreshing);
  state_->refreshes.push_back(std::move(refresh));
}

std::string metrics_registry::text() const {
  {
    const std::lock_guard lock(state_->refreshing);
    for (const auto& refresh : state_->refreshes) refresh();
  }
  std::string text;
  const std::lock_guard lock(state_->mutex);
  for (const auto& [name, family] : state_->families) {
    text += "# HELP " + name + " ";
    append_escaped(text, family.help, false);
    text += "\n# TYPE " + name + " " + kind_names[family.kind] + "\n";
    for (const auto& [labels, metric] : family.members) append_member(text, name, labels, metric);
  }
  return text;
}

}  // namespace marquee
