#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "net/json_body.h"
#include "net/json_pointer.h"

namespace marquee::net {
namespace {

using nlohmann::json;

constexpr std::size_t max_depth = 64;
/// A value takes two bytes of text ("1,") and a hundred of memory: so their number is bounded, too.
constexpr std::size_t max_values = 1'000'000;

/// Builds the value itself, because nlohmann's own builder keeps the last of duplicate keys and has no depth
/// limit.
class strict_builder final : public nlohmann::json_sax<json> {
 public:
  json root;
  json_problem problem;

  bool null() override { return put(nullptr); }
  bool boolean(bool value) override { return put(value); }
  bool number_integer(number_integer_t value) override { return put(value); }
  bool number_unsigned(number_unsigned_t value) override { return put(value); }
  bool number_float(number_float_t value, const string_t&) override { return put(value); }
  bool string(string_t& value) override { return put(std::move(value)); }
  bool binary(binary_t&) override { return false; }

  bool start_object(std::size_t) override { return open(json::object()); }
  bool start_array(std::size_t) override { return open(json::array()); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t& name) override {
    json& object = *open_.back();
    const auto [place, is_new] = object.emplace(name, nullptr);
    if (!is_new) {
      problem = {pointer() + "/" + escape_pointer(name), "the key occurs twice in the same object"};
      return false;
    }
    slot_ = &*place;
    keys_.back() = name;
    return true;
  }

  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception& e) override {
    // "[json.exception.parse_error.101] parse error at line 1, column 2: syntax error ...": the number means
    // nothing here.
    std::string text = e.what();
    if (const std::size_t end = text.find("] "); end != std::string::npos) text.erase(0, end + 2);
    problem = {"", "not valid JSON at byte " + std::to_string(position) + ": " + text};
    return false;
  }

 private:
  template <class Value>
  bool put(Value&& value) {
    if (!count_one()) return false;
    place(json(std::forward<Value>(value)));
    return true;
  }
  bool count_one() {
    if (++values_ <= max_values) return true;
    problem = {"", "holds more than " + std::to_string(max_values) + " values"};
    return false;
  }
  json& place(json value) {
    if (open_.empty()) {
      root = std::move(value);
      return root;
    }
    json& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return parent.back();
    }
    *slot_ = std::move(value);
    return *slot_;
  }
  bool open(json container) {
    if (open_.size() >= max_depth) {
      problem = {pointer(), "nested deeper than " + std::to_string(max_depth)};
      return false;
    }
    if (!count_one()) return false;
    json& placed = place(std::move(container));
    open_.push_back(&placed);
    keys_.emplace_back();
    return true;
  }
  bool close() {
    open_.pop_back();
    keys_.pop_back();
    return true;
  }
  std::string pointer() const {
    std::string out;
    for (std::size_t i = 0; i + 1 < open_.size(); ++i)
      out += "/" + (open_[i]->is_array() ? std::to_string(open_[i]->size() - 1) : escape_pointer(keys_[i]));
    return out;
  }

  /// The containers that are open now. Stable: a parent does not change while its child is open.
  std::vector<json*> open_;
  std::vector<std::string> keys_;
  json* slot_ = nullptr;
  std::size_t values_ = 0;
};

}  // namespace

std::expected<json, json_problem> parse_json(std::string_view text) {
  strict_builder builder;
  // nlohmann takes a zero byte for the end of the text, whatever follows it.
  if (const std::size_t zero = text.find('\0'); zero != std::string_view::npos)
    return std::unexpected(json_problem{"", "not valid JSON: a zero byte at byte " + std::to_string(zero)});
  if (json::sax_parse(text.begin(), text.end(), &builder)) return std::move(builder.root);
  return std::unexpected(std::move(builder.problem));
}

}  // namespace marquee::net
