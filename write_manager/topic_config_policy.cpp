#include "write_manager/topic_config_policy.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <optional>

#include "base/logging.h"
#include "net/api_error.h"

namespace marquee::write_manager {

namespace {

/// One key: either words, or whole numbers of which -1 may stand for "no limit".
struct key_rule {
  std::string_view name;
  std::string_view default_value;
  std::array<std::string_view, 2> words{};
  std::int64_t least = 0;
  std::int64_t most = 0;
  bool minus_one = false;

  [[nodiscard]] bool is_number() const { return words[0].empty(); }
};

constexpr std::int64_t any = std::int64_t{1} << 53;

constexpr std::array rules{
    key_rule{"durability", "durable", {"durable", "relaxed"}},
    key_rule{"max.message.bytes", "1048588", {}, 64, 8 << 20},
    key_rule{"message.timestamp.type", "create", {"create", "append"}},
    key_rule{"partition.max.messages", "0", {}, 0, any},
    key_rule{"partitions.max", "64", {}, 1, 10'000},
    key_rule{"retention.bytes", "-1", {}, 0, any, true},
    key_rule{"retention.ms", "604800000", {}, 0, any, true},
    key_rule{"segment.bytes", "134217728", {}, 4096, std::int64_t{1} << 31},
};

std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

failure refused(const key_rule& rule) {
  std::string takes =
      rule.is_number()
          ? "a whole number from " + std::to_string(rule.least) + " to " + std::to_string(rule.most)
          : "'" + std::string(rule.words[0]) + "' or '" + std::string(rule.words[1]) + "'";
  if (rule.minus_one) takes += ", or -1 for no limit";
  return fail(error_code::invalid_argument, "'" + std::string(rule.name) + "' takes " + takes);
}

}  // namespace

result<topic_config> check_topic_config(const std::vector<std::pair<std::string, std::string>>& wanted) {
  topic_config config;
  for (const auto& [name, value] : wanted) {
    const auto rule = std::ranges::find(rules, std::string_view(name), &key_rule::name);
    if (rule == rules.end())
      return fail(error_code::invalid_argument,
                  "'" + escape_for_log(name) + "' is not a key of a topic's configuration");
    if (!rule->is_number()) {
      if (std::ranges::find(rule->words, std::string_view(value)) == rule->words.end()) return refused(*rule);
      config[name] = value;
      continue;
    }
    const std::optional<std::int64_t> number = number_of(value);
    const bool in_range =
        number && ((*number >= rule->least && *number <= rule->most) || (rule->minus_one && *number == -1));
    if (!in_range) return refused(*rule);
    config[name] = std::to_string(*number);
  }
  return config;
}

std::string effective_config_json(const topic_config& set) {
  std::string text = "{";
  for (const key_rule& rule : rules) {
    const auto found = set.find(std::string(rule.name));
    const std::string value = found == set.end() ? std::string(rule.default_value) : found->second;
    if (text.size() > 1) text += ',';
    text += net::json_quote(rule.name) + ":" + (rule.is_number() ? value : net::json_quote(value));
  }
  return text + "}";
}

std::string problem_with_topic_name(std::string_view name) {
  constexpr std::size_t longest = 249;
  if (name.empty() || name.size() > longest) return "a topic's name has 1 to 249 characters";
  if (name == "." || name == "..") return "'.' and '..' are not names of topics";
  const bool harmless = std::ranges::all_of(name, [](unsigned char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
  if (!harmless) return "a topic's name is made of letters, digits, '.', '_' and '-'";
  if (is_internal_topic_name(name)) return "names that begin with '__' are internal";
  return {};
}

bool is_internal_topic_name(std::string_view name) {
  return name.starts_with("__");
}

}  // namespace marquee::write_manager
