#include "cli/record_printer.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/base64.h"
#include "base/utf8.h"

namespace marquee::cli {

namespace {

void put(nlohmann::json& target, const std::string& name, const std::optional<std::string>& value) {
  if (!value)
    target[name] = nullptr;
  else if (is_valid_utf8(*value))
    target[name] = *value;
  else
    target[name + "_base64"] = base64_encode(as_bytes(*value));
}

void print_json(std::ostream& output, const client::received_message& record) {
  nlohmann::json shown = {
      {"partition", record.partition}, {"offset", record.offset}, {"timestamp", record.timestamp_ms}};
  put(shown, "key", record.key);
  put(shown, "message", record.value);
  if (!record.value) shown["tombstone"] = true;
  output << shown.dump() << '\n';
}

}  // namespace

void print_record(std::ostream& output, print_form form, const client::received_message& record) {
  if (form == print_form::json) return print_json(output, record);
  if (form == print_form::lines_with_offsets) output << record.partition << ':' << record.offset << '\t';
  if (record.value) output.write(record.value->data(), static_cast<std::streamsize>(record.value->size()));
  if (form != print_form::raw) output << '\n';
}

}  // namespace marquee::cli
