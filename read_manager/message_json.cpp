#include "read_manager/message_json.h"

#include <set>

#include "base/base64.h"
#include "base/utf8.h"
#include "net/api_error.h"

namespace marquee::read_manager {

namespace {

using kafka::record_header_view;

void append_field(std::string& out, std::string_view name, const std::optional<bytes_view>& data) {
  out += '"';
  out += name;
  if (!data) {
    out += "\":null";
  } else if (is_valid_utf8(as_text(*data))) {
    out += "\":";
    out += net::json_quote(as_text(*data));
  } else {
    out += "_base64\":\"";
    out += base64_encode(*data);
    out += '"';
  }
}

bool is_text(const record_header_view& header) {
  return header.value && is_valid_utf8(as_text(*header.value));
}

/// `"name":{...}` of the headers that `wanted` picks; nothing if there are none and `even_if_empty` is not
/// set.
template <class Wanted, class Write>
void append_object(std::string& out, std::string_view name, const std::vector<record_header_view>& headers,
                   bool even_if_empty, Wanted wanted, Write write) {
  std::set<std::string_view> seen;
  std::string members;
  for (const record_header_view& header : headers) {
    if (!wanted(header) || !seen.insert(header.name).second) continue;
    if (!members.empty()) members += ',';
    members += net::json_quote(header.name) + ':' + write(header);
  }
  if (members.empty() && !even_if_empty) return;
  out += ",\"" + std::string(name) + "\":{" + members + '}';
}

/// An object has each name once and knows no null.
bool loses_something(const std::vector<record_header_view>& headers) {
  std::set<std::string_view> seen;
  for (const record_header_view& header : headers)
    if (!header.value || !seen.insert(header.name).second) return true;
  return false;
}

void append_headers(std::string& out, const std::vector<record_header_view>& headers) {
  append_object(out, "headers", headers, true, is_text,
                [](const record_header_view& header) { return net::json_quote(as_text(*header.value)); });
  append_object(
      out, "headers_base64", headers, false,
      [](const record_header_view& header) { return header.value && !is_text(header); },
      [](const record_header_view& header) { return '"' + base64_encode(*header.value) + '"'; });
  if (!loses_something(headers)) return;
  out += ",\"headers_list\":[";
  for (std::size_t i = 0; i < headers.size(); ++i) {
    out += (i == 0 ? "[" : ",[") + net::json_quote(headers[i].name) + ',';
    if (!headers[i].value)
      out += "null";
    else if (is_text(headers[i]))
      out += net::json_quote(as_text(*headers[i].value));
    else
      out += "{\"base64\":\"" + base64_encode(*headers[i].value) + "\"}";
    out += ']';
  }
  out += ']';
}

}  // namespace

void append_message_members(std::string& out, const delivered_record& item) {
  append_field(out, "message", item.record.value);
  if (!item.record.value) out += ",\"tombstone\":true";
  out += ',';
  append_field(out, "key", item.record.key);
  out += ",\"partition\":" + std::to_string(item.partition);
  out += ",\"offset\":" + std::to_string(item.record.offset);
  out += ",\"timestamp\":" + std::to_string(item.record.timestamp_ms);
  append_headers(out, item.record.headers);
}

std::string consume_answer(const delivery& what) {
  std::string out = "{\"status\":\"success\",";
  if (what.records.empty())
    out += "\"message\":null";
  else
    append_message_members(out, what.records.front());
  out += ",\"messages\":[";
  for (std::size_t i = 0; i < what.records.size(); ++i) {
    out += i == 0 ? "{" : ",{";
    append_message_members(out, what.records[i]);
    out += '}';
  }
  out += ']';
  if (what.skipped > 0) out += ",\"skipped\":" + std::to_string(what.skipped);
  out += '}';
  return out;
}

}  // namespace marquee::read_manager
