#pragma once

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

namespace marquee::booking {

/// Writes compact JSON, piece by piece. What it writes is what was called, in that order: callers name the
/// fields of an object in sorted order, so that equal content is equal text. Text must be valid UTF-8; it is
/// escaped as little as JSON allows.
class json_writer {
 public:
  json_writer& open_object() { return open('{'); }
  json_writer& close_object() { return close('}'); }
  json_writer& open_array() { return open('['); }
  json_writer& close_array() { return close(']'); }
  /// The name of a field, which needs no escaping; a value must follow.
  json_writer& name(std::string_view name) {
    separate();
    text_.push_back('"');
    text_.append(name);
    text_.append("\":");
    separator_due_ = false;
    return *this;
  }
  json_writer& value(std::string_view text) {
    separate();
    append_quoted(text);
    return *this;
  }
  json_writer& value(const char* text) { return value(std::string_view(text)); }
  json_writer& value(std::integral auto number) {
    separate();
    if constexpr (std::same_as<decltype(number), bool>) {
      text_.append(number ? "true" : "false");
    } else {
      char buffer[24];
      text_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
    }
    return *this;
  }
  /// JSON as it is.
  json_writer& raw(std::string_view json) {
    separate();
    text_.append(json);
    return *this;
  }
  json_writer& field(std::string_view name, const auto& content) { return this->name(name).value(content); }
  json_writer& raw_field(std::string_view name, std::string_view json) { return this->name(name).raw(json); }

  [[nodiscard]] const std::string& text() const { return text_; }
  /// What was written; the writer is empty afterwards.
  [[nodiscard]] std::string take() {
    separator_due_ = false;
    return std::move(text_);
  }

 private:
  json_writer& open(char bracket) {
    separate();
    text_.push_back(bracket);
    separator_due_ = false;
    return *this;
  }
  json_writer& close(char bracket) {
    text_.push_back(bracket);
    separator_due_ = true;
    return *this;
  }
  void separate() {
    if (separator_due_) text_.push_back(',');
    separator_due_ = true;
  }
  void append_quoted(std::string_view text);

  std::string text_;
  bool separator_due_ = false;
};

}  // namespace marquee::booking
