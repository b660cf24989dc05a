#include "base/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/process_metrics.h"

namespace marquee {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(metrics, print_as_prometheus_text) {
  metrics_registry metrics;
  metrics.counter("marquee_fsyncs_total", "Syncs of the log.").add(3);
  metrics.gauge("marquee_depth", "Queue depth.", {{"queue", "a"}, {"thread", "1"}}).set(-4);
  EXPECT_EQ(metrics.text(),
            "# HELP marquee_depth Queue depth.\n# TYPE marquee_depth gauge\n"
            "marquee_depth{queue=\"a\",thread=\"1\"} -4\n"
            "# HELP marquee_fsyncs_total Syncs of the log.\n# TYPE marquee_fsyncs_total counter\n"
            "marquee_fsyncs_total 3\n");
}

TEST(metrics, print_histograms_cumulatively) {
  metrics_registry metrics;
  auto& histogram = metrics.histogram("marquee_wait_us", "Wait.", {10, 100}, {{"hop", "lb"}});
  for (const std::uint64_t value : {1, 10, 11, 500}) histogram.observe(value);
  EXPECT_EQ(
      metrics.text(),
      "# HELP marquee_wait_us Wait.\n# TYPE marquee_wait_us histogram\n"
      "marquee_wait_us_bucket{hop=\"lb\",le=\"10\"} 2\nmarquee_wait_us_bucket{hop=\"lb\",le=\"100\"} 3\n"
      "marquee_wait_us_bucket{hop=\"lb\",le=\"+Inf\"} 4\n"
      "marquee_wait_us_sum{hop=\"lb\"} 522\nmarquee_wait_us_count{hop=\"lb\"} 4\n");
  EXPECT_EQ(histogram.count(), 4U);
  EXPECT_EQ(histogram.sum(), 522U);
}

TEST(metrics, give_the_same_metric_for_the_same_name_and_labels) {
  metrics_registry metrics;
  auto& first = metrics.counter("a_total", "A.", {{"x", "1"}});
  EXPECT_EQ(&first, &metrics.counter("a_total", "A.", {{"x", "1"}}));
  EXPECT_NE(&first, &metrics.counter("a_total", "A.", {{"x", "2"}}));
}

TEST(metrics, escape_label_values) {
  metrics_registry metrics;
  metrics.gauge("g", "Back\\slash.", {{"path", "a\"b\\c\nd"}}).set(1);
  EXPECT_THAT(metrics.text(), HasSubstr("g{path=\"a\\\"b\\\\c\\nd\"} 1\n"));
  EXPECT_THAT(metrics.text(), HasSubstr("# HELP g Back\\\\slash.\n"));
}

TEST(metrics, forget_what_was_removed) {
  metrics_registry metrics;
  metrics.gauge("g", "G.", {{"partition", "0"}});
  metrics.gauge("g", "G.", {{"partition", "1"}});
  metrics.remove("g", {{"partition", "0"}});
  EXPECT_THAT(metrics.text(), Not(HasSubstr("partition=\"0\"")));
  EXPECT_THAT(metrics.text(), HasSubstr("partition=\"1\""));
  metrics.remove("g", {{"partition", "1"}});
  metrics.remove("never", {});
  EXPECT_EQ(metrics.text(), "");
}

TEST(metrics, count_from_many_threads) {
  metrics_registry metrics;
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&] {
      for (int n = 0; n < 10'000; ++n) {
        metrics.counter("c_total", "C.").add();
        metrics.histogram("h", "H.", {1, 2}).observe(2);
      }
    });
  threads.clear();
  EXPECT_EQ(metrics.counter("c_total", "C.").value(), 40'000U);
  EXPECT_EQ(metrics.histogram("h", "H.", {1, 2}).count(), 40'000U);
}

TEST(metrics, are_refreshed_before_each_text) {
  metrics_registry metrics;
  metric_gauge& gauge = metrics.gauge("g", "G.");
  metrics.before_text([&] { gauge.add(1); });
  EXPECT_NE(metrics.text().find("g 1"), std::string::npos);
  EXPECT_NE(metrics.text().find("g 2"), std::string::npos);
}

TEST(process_metrics, tell_of_this_process) {
  metrics_registry metrics;
  add_process_metrics(metrics);
  const std::string text = metrics.text();
  EXPECT_NE(text.find("marquee_build_info{version=\""), std::string::npos);
  EXPECT_EQ(text.find("marquee_process_resident_bytes 0\n"), std::string::npos);
  EXPECT_EQ(text.find("marquee_process_open_files 0\n"), std::string::npos);
  EXPECT_NE(text.find("marquee_process_cpu_us_total "), std::string::npos);
}

TEST(metrics_death_test, stop_when_one_name_is_two_kinds) {
  metrics_registry metrics;
  metrics.counter("a_total", "A.");
  EXPECT_DEATH(metrics.gauge("a_total", "A."), "another kind of metric");
}

}  // namespace
}  // namespace marquee
