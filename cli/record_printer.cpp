#include "cli/record_printer.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "base/base64.h"
#include "base/utf8.h"
#include "client/message_codec.h"

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

void print_columns(std::ostream& output, const print_options& options,
                   const client::received_message& record) {
  if (options.offsets) output << record.partition << ':' << record.offset << '\t';
  if (options.timestamps) output << record.timestamp_ms << '\t';
  if (options.key) output << record.key.value_or("") << '\t';
  if (!options.headers) return;
  const char* comma = "";
  for (const auto& [name, value] : record.headers) {
    output << comma << name;
    if (value) output << '=' << *value;
    comma = ",";
  }
  output << '\t';
}

void print_json(std::ostream& output, const client::received_message& record) {
  nlohmann::json shown = {
      {"partition", record.partition}, {"offset", record.offset}, {"timestamp", record.timestamp_ms}};
  put(shown, "key", record.key);
  put(shown, "message", record.value);
  if (!record.value) shown["tombstone"] = true;
  if (!record.headers.empty()) shown["headers"] = client::headers_to_json(record.headers);
  output << shown.dump() << '\n';
}

}  // namespace

void print_record(std::ostream& output, const print_options& options,
                  const client::received_message& record) {
  if (options.form == print_form::json) return print_json(output, record);
  if (options.form == print_form::lines) print_columns(output, options, record);
  if (record.value) output.write(record.value->data(), static_cast<std::streamsize>(record.value->size()));
  if (options.form == print_form::lines) output << options.separator;
}

}  // namespace marquee::cli
