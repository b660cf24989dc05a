#include "cli/log_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "broker/batch_table.h"
#include "cli/json_text.h"
#include "raft/core/configuration.h"
#include "raft/core/log_start.h"

namespace marquee::cli {

namespace {

using nlohmann::json;

const char* name_of(raft::entry_type type) {
  switch (type) {
    case raft::entry_type::no_op:
      return "no-op";
    case raft::entry_type::configuration:
      return "configuration";
    case raft::entry_type::data:
      return "data";
    case raft::entry_type::marker:
      return "marker";
    case raft::entry_type::log_start:
      return "log start";
  }
  return "unknown";
}

/// What the head of the entry says.
std::string details_of(const raft::entry& e) {
  if (e.type == raft::entry_type::configuration) {
    const auto members = raft::decode_configuration(e.head);
    if (!members) return members.error().message;
    std::string text = "voters";
    for (const replica_id& voter : members->voters) text += " " + to_string(voter);
    return text;
  }
  if (e.type == raft::entry_type::log_start) {
    const auto mark = raft::decode_log_start(e.head);
    return mark ? fmt::format("from entry {}, offset {} on", mark->index.value(), mark->offset.value())
                : mark.error().message;
  }
  if (e.type != raft::entry_type::data) return "";
  const auto table = broker::decode_batch_table(e.head);
  if (!table) return table.error().message;
  std::string text = table->content == broker::entry_content::position_commands ? "positions, " : "";
  text += fmt::format("{} batches", table->batches.size());
  for (const broker::batch_item& batch : table->batches) {
    text += fmt::format("; {} records, {} bytes", batch.record_count, batch.length);
    if (batch.is_idempotent())
      text += fmt::format(", producer {} epoch {} sequence {}", batch.producer_id, batch.producer_epoch,
                          batch.base_sequence);
    for (const auto& run : batch.runs)
      text += fmt::format(", producer {} sequences {} to {}", batch.producer_id, run.sequence,
                          run.sequence + run.count - 1);
  }
  return text;
}

std::string text_of(const raft::entry& e) {
  const std::string offsets =
      e.record_count == 0 ? fmt::format("offset {}", e.base_offset.value())
                          : fmt::format("offsets {}-{}", e.base_offset.value(), e.next_offset().value() - 1);
  const std::string details = details_of(e);
  return fmt::format("entry {} term {} {} {} time {} bytes {} checksum {:08x}{}{}", e.index.value(),
                     e.term.value(), name_of(e.type), offsets, e.append_time_ms, e.encoded_bytes(),
                     e.checksum, details.empty() ? "" : ": ", details);
}

std::string group_text(const std::optional<group_id>& group) {
  return group && *group != group_id{} ? to_string(*group) + " " : "";
}

}  // namespace

std::string to_text(const raft::log_finding& found) {
  return fmt::format("{} {}{}: {}{}", found.how == raft::log_finding::weight::damage ? "DAMAGE" : "note  ",
                     found.file, found.position ? " byte " + std::to_string(*found.position) : "",
                     found.group && *found.group != group_id{} ? "group " + group_text(found.group) : "",
                     found.what);
}

std::string to_json(const raft::log_finding& found) {
  json told = {{"weight", found.how == raft::log_finding::weight::damage ? "damage" : "note"},
               {"file", found.file},
               {"what", found.what}};
  if (found.position) told["position"] = *found.position;
  if (found.group && *found.group != group_id{}) told["group"] = to_string(*found.group);
  return dump(told);
}

std::string to_text(const raft::log_check_summary& summary) {
  const std::string counts =
      fmt::format("{} files with {} records in the write-ahead log, {} groups, {} segments, {} entries",
                  summary.wal_files, summary.wal_records, summary.groups, summary.segments, summary.entries);
  if (summary.damages == 0) return "sound: " + counts;
  return fmt::format(
      "{} damages: {}. A start cuts damaged logs off and has them filled again by the others, where they "
      "still "
      "have what is missing",
      summary.damages, counts);
}

std::string to_text(const raft::log_item& item) {
  std::string line = fmt::format("  {:>10} ", item.position);
  if (item.record) line += fmt::format("record {} {} ", item.record->lsn, to_string(item.record->type));
  if (item.record) line += group_text(item.group);
  return line + (item.content ? text_of(*item.content) : item.text);
}

std::string to_json(const raft::log_item& item) {
  json told = {{"file", item.file}, {"position", item.position}};
  if (item.record) told["record"] = item.record->lsn;
  if (item.record) told["record_type"] = to_string(item.record->type);
  if (item.group && *item.group != group_id{}) told["group"] = to_string(*item.group);
  if (!item.text.empty()) told["text"] = item.text;
  if (!item.content) return dump(told);
  const raft::entry& e = *item.content;
  told["entry"] = {{"index", e.index.value()},       {"term", e.term.value()},
                   {"type", name_of(e.type)},        {"base_offset", e.base_offset.value()},
                   {"record_count", e.record_count}, {"append_time_ms", e.append_time_ms},
                   {"bytes", e.encoded_bytes()},     {"checksum", fmt::format("{:08x}", e.checksum)},
                   {"details", details_of(e)}};
  return dump(told);
}

}  // namespace marquee::cli
