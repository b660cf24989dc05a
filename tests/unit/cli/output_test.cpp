#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "cli/cluster_view.h"
#include "cli/fsync_counter.h"
#include "cli/latency_histogram.h"
#include "cli/progress.h"
#include "cli/record_printer.h"
#include "cli/text_table.h"

namespace marquee::cli {
namespace {

using nlohmann::json;

std::string printed(const print_options& options, const client::received_message& record) {
  std::ostringstream output;
  print_record(output, options, record);
  return output.str();
}

TEST(record_printer, prints_the_bytes_as_they_are) {
  client::received_message record{
      .value = std::string("a\0\xff", 3), .partition = 2, .offset = 9, .timestamp_ms = 5};
  EXPECT_EQ(printed({.form = print_form::raw}, record), std::string("a\0\xff", 3));
  EXPECT_EQ(printed({.form = print_form::lines}, record), std::string("a\0\xff\n", 4));
  EXPECT_EQ(printed({.offsets = true}, record), std::string("2:9\ta\0\xff\n", 8));
  EXPECT_EQ(
      json::parse(printed({.form = print_form::json}, record)),
      json(
          {{"partition", 2}, {"offset", 9}, {"timestamp", 5}, {"key", nullptr}, {"message_base64", "YQD/"}}));
}

TEST(record_printer, tells_a_tombstone_from_an_empty_record_in_json) {
  const client::received_message tombstone{.key = "k"};
  EXPECT_EQ(printed({.form = print_form::lines}, tombstone), "\n");
  EXPECT_EQ(json::parse(printed({.form = print_form::json}, tombstone))["tombstone"], true);
}

TEST(record_printer, puts_columns_in_front_and_a_separator_behind) {
  const client::received_message record{.value = "v",
                                        .key = "k",
                                        .partition = 1,
                                        .offset = 2,
                                        .timestamp_ms = 3,
                                        .headers = {{"a", "1"}, {"b", std::nullopt}}};
  EXPECT_EQ(
      printed({.offsets = true, .timestamps = true, .key = true, .headers = true, .separator = '\0'}, record),
      std::string("1:2\t3\tk\ta=1,b\tv\0", 16));
  EXPECT_EQ(json::parse(printed({.form = print_form::json}, record))["headers"],
            json::parse(R"([["a","1"],["b",null]])"));
}

TEST(latency_histogram, knows_percentiles_within_two_percent) {
  latency_histogram histogram;
  for (std::int64_t i = 1; i <= 100'000; ++i) histogram.add(i);
  for (const auto& [share, exact] :
       {std::pair{0.5, 50'000.0}, {0.99, 99'000.0}, {1.0, 100'000.0}, {0.0001, 10.0}}) {
    EXPECT_GE(static_cast<double>(histogram.percentile_us(share)), exact);
    EXPECT_LE(static_cast<double>(histogram.percentile_us(share)), exact * 1.02);
  }
}

TEST(latency_histogram, takes_extremes_and_adds_up) {
  latency_histogram histogram;
  EXPECT_EQ(histogram.percentile_us(0.99), 0);
  histogram.add(-5);
  latency_histogram other;
  other.add(std::int64_t{1} << 62);
  histogram.merge(other);
  EXPECT_EQ(histogram.count(), 2);
  EXPECT_EQ(histogram.percentile_us(0.5), 0);
  EXPECT_GT(histogram.percentile_us(1.0), std::int64_t{1} << 40);
}

TEST(progress, says_how_many_how_fast_and_how_late) {
  EXPECT_EQ(to_string({.records = 3000, .bytes = 3'000'000, .elapsed_us = 2'000'000, .p99_us = 8'150}),
            "3000 records, 1500 records/s, 1.50 MB/s, p99 8.2 ms");
}

TEST(text_table, is_as_wide_as_its_widest_cells) {
  EXPECT_EQ(to_text({{"A", "LONG"}, {"wide", "x"}, {"b"}}), "A     LONG\nwide  x\nb\n");
}

TEST(cluster_view, shows_processes_partitions_and_replicas) {
  const json cluster = json::parse(R"({"cluster_id":"c1","metadata_version":7,"controller":"wm-1",
    "processes":[{"name":"broker-1","role":"broker","state":"alive","http":"127.0.0.1:9644","kafka":"127.0.0.1:9092"}],
    "topics":[{"name":"orders","partitions":[{"partition":0,"leader":2,"term":5,"log_start_offset":0,
      "high_watermark":42,"replicas":[{"broker":1,"role":"follower","in_sync":false},
                                      {"broker":2,"role":"leader","in_sync":true}]}]}]})");
  const std::string text = show_cluster(cluster);
  for (const char* expected :
       {"cluster c1, metadata version 7, controller wm-1", "broker-1", "127.0.0.1:9092",
        "orders  0          2       5     0          42              1! 2*"})
    EXPECT_NE(text.find(expected), std::string::npos) << expected << " in\n" << text;
}

TEST(cluster_view, shows_what_is_missing_as_a_dash_and_survives_any_answer) {
  for (const char* odd : {"{}", "[]", "5", R"({"processes":5,"topics":[{"partitions":[5,{}]}]})",
                          R"({"topics":{},"processes":[null]})"}) {
    EXPECT_NE(show_cluster(json::parse(odd)).find("cluster -"), std::string::npos) << odd;
    EXPECT_NE(show_topic(json::parse(odd)).find("topic -"), std::string::npos) << odd;
  }
}

TEST(fsync_counter, adds_up_all_fsync_counters) {
  EXPECT_EQ(
      sum_of_fsyncs(
          "# HELP marquee_wal_fsyncs_total Syncs.\nmarquee_wal_fsyncs_total 40\n"
          "marquee_segment_fsyncs_total{thread=\"0\"} 2\nmarquee_fsync_us_count 9\nother_fsyncs_total 5"),
      42);
  EXPECT_FALSE(sum_of_fsyncs("marquee_records_total 5\n\n"));
}

}  // namespace
}  // namespace marquee::cli
