/// Feeds a log to the booking state machine and prints what it did with every record, so that another
/// implementation's answers can be compared line by line.
///
///     booking_replay [--snapshot-at K] [--rate] [--quiet] [--audit] < log.jsonl > outcomes.jsonl
///
/// In: {"offset":N,"timestamp_ms":T,"value_b64":"..."} a line. Out, a line per record, fields sorted:
/// {"digest","events","offset","replies","time_ms"}; replies as in booking.reply without what a replica adds.
/// --audit: besides, the lines of the history, and why a record is no command.
/// --snapshot-at K: before the record with offset K the state goes through a snapshot into a fresh machine.
/// --quiet: no outcomes. --rate: on standard error, commands a second (with --quiet those of `apply` alone)
/// and what digests and snapshots cost.
/// Exit code 1 if the digest, computed again from all entities at the end, is not the one that was kept.

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/base64.h"
#include "booking_app/machine/json_writer.h"
#include "booking_app/machine/machine.h"

namespace {

using namespace marquee;
using booking::json_writer;
using booking::machine;

struct options {
  std::optional<std::int64_t> snapshot_at;
  bool rate = false;
  bool quiet = false;
  bool audit = false;
};

struct log_line {
  std::int64_t offset = 0;
  std::int64_t timestamp_ms = 0;
  bytes value;
};

[[noreturn]] void give_up(const std::string& message) {
  std::cerr << "booking_replay: " << message << '\n';
  std::exit(2);
}

options parse_options(int count, char** arguments) {
  options parsed;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--rate")
      parsed.rate = true;
    else if (argument == "--quiet")
      parsed.quiet = true;
    else if (argument == "--audit")
      parsed.audit = true;
    else if (argument == "--snapshot-at" && i + 1 < count)
      parsed.snapshot_at = std::strtoll(arguments[++i], nullptr, 10);
    else
      give_up("unknown argument " + std::string(argument));
  }
  return parsed;
}

std::vector<log_line> read_log() {
  std::vector<log_line> log;
  for (std::string line; std::getline(std::cin, line);) {
    if (line.empty()) continue;
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    if (!parsed.is_object()) give_up("line " + std::to_string(log.size() + 1) + " is no JSON object");
    auto value = base64_decode(parsed.value("value_b64", ""));
    if (!value) give_up("line " + std::to_string(log.size() + 1) + ": value_b64 is not base64");
    log.push_back({parsed.value("offset", std::int64_t{0}), parsed.value("timestamp_ms", std::int64_t{0}),
                   std::move(*value)});
    if (log.size() > 1 && log.back().offset <= log[log.size() - 2].offset)
      give_up("line " + std::to_string(log.size()) + ": offsets must grow");
  }
  return log;
}

void write_audit(json_writer& out, const booking::outcome& result) {
  out.name("audit").open_array();
  for (const booking::audit_entry& entry : result.audit) {
    out.open_object().field("client_id", entry.client_id).field("code", to_string(entry.code)).name("seats");
    out.open_array();
    for (const std::string& seat : entry.seats) out.value(seat);
    out.close_array().field("show_id", entry.show_id).field("type", entry.type).close_object();
  }
  out.close_array();
}

std::string outcome_text(const booking::outcome& result, bool with_audit) {
  json_writer out;
  out.open_object();
  if (with_audit) write_audit(out, result);
  if (with_audit && result.bad_command) out.field("bad_command", *result.bad_command);
  out.field("digest", to_text(result.digest)).raw_field("events", result.events);
  out.field("offset", result.offset).name("replies").open_array();
  for (const booking::reply& one : result.replies) out.raw(reply_text(result, one));
  out.close_array().field("time_ms", result.time_ms).close_object();
  return out.take();
}

machine through_snapshot(const machine& before) {
  const std::string snapshot = before.snapshot();
  auto after = machine::from_snapshot(as_bytes(snapshot));
  if (!after) give_up("snapshot: " + after.error().message);
  if (after->snapshot() != snapshot) give_up("a snapshot of the restored machine differs");
  return std::move(*after);
}

/// Processor milliseconds of what a replica does now and then.
template <class Work>
double milliseconds_of(Work work) {
  const std::clock_t begin = std::clock();
  work();
  return 1000.0 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

void print_upkeep(const machine& replica) {
  std::string snapshot;
  const double again = milliseconds_of([&] { (void)replica.recomputed_digest(); });
  const double encoded = milliseconds_of([&] { snapshot = replica.snapshot(); });
  const double decoded = milliseconds_of([&] { (void)machine::from_snapshot(as_bytes(snapshot)); });
  std::fprintf(
      stderr,
      "digest from all entities: %.1f ms; snapshot of %zu bytes: written in %.1f ms, read in %.1f ms\n",
      again, snapshot.size(), encoded, decoded);
}

}  // namespace

int main(int count, char** arguments) {
  const options asked = parse_options(count, arguments);
  const std::vector<log_line> log = read_log();
  machine replica;
  const auto begin = std::chrono::steady_clock::now();
  const std::clock_t processor_begin = std::clock();
  for (const log_line& line : log) {
    if (asked.snapshot_at == line.offset) replica = through_snapshot(replica);
    const booking::outcome result = replica.apply({line.offset, line.timestamp_ms, line.value});
    if (!asked.quiet) std::cout << outcome_text(result, asked.audit) << '\n';
  }
  if (asked.rate) {
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
    const double processor_seconds = static_cast<double>(std::clock() - processor_begin) / CLOCKS_PER_SEC;
    const auto count = static_cast<double>(log.size());
    std::fprintf(stderr, "%zu commands: %.0f/s, %.0f per second of processor time\n", log.size(),
                 count / seconds.count(), count / processor_seconds);
    print_upkeep(replica);
  }
  if (replica.recomputed_digest() != replica.digest()) {
    std::cerr << "booking_replay: the digest computed again from all entities differs\n";
    return 1;
  }
  return 0;
}
