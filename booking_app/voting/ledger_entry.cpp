#include "booking_app/voting/ledger_entry.h"

#include "booking_app/machine/json_tree.h"
#include "booking_app/machine/json_writer.h"

namespace marquee::booking {
namespace {

/// The fields of every entry in sorted order; those of the kind itself are called in between.
class entry_encoder {
 public:
  std::string operator()(const replica_bug& e) { return about_offset("replica.bug", e); }
  std::string operator()(const replica_silent& e) { return about_offset("replica.silent", e); }
  std::string operator()(const replica_right& e) { return about_offset("replica.right", e); }
  std::string operator()(const replica_agreed& e) {
    out_.open_object().field("by", e.by).field("digest", e.digest).field("incarnation", e.incarnation);
    out_.field("offset", e.offset).field("replica", e.replica);
    return finish("replica.agreed");
  }
  std::string operator()(const replica_retired& e) {
    out_.open_object().field("by", e.by).field("incarnation", e.incarnation).field("reason", e.reason);
    out_.field("replica", e.replica);
    return finish("replica.retired");
  }
  std::string operator()(const replica_started& e) {
    out_.open_object().field("by", e.by).field("incarnation", e.incarnation).field("replica", e.replica);
    return finish("replica.started");
  }
  std::string operator()(const voted_digest& e) {
    out_.open_object().field("by", e.by).field("digest", e.digest).field("offset", e.offset);
    return finish("digest");
  }
  std::string operator()(const shared_producers& e) {
    out_.open_object().field("by", e.by).field("dead_letters", e.dead_letters).field("events", e.events);
    return finish("producers");
  }

 private:
  std::string about_offset(std::string_view type, const auto& e) {
    out_.open_object().field("by", e.by).field("incarnation", e.incarnation).field("offset", e.offset);
    out_.field("replica", e.replica);
    return finish(type);
  }
  std::string finish(std::string_view type) {
    out_.field("type", type).field("v", 1).close_object();
    return out_.take();
  }

  json_writer out_;
};

/// Reads fields by name and remembers whether any was missing or of another type.
class entry_reader {
 public:
  explicit entry_reader(const json_value& object) : object_(object) {}

  std::string text(std::string_view name) {
    const json_value* const found = field(name, json_value::type::text);
    return found == nullptr ? std::string() : std::string(found->text);
  }
  std::int64_t number(std::string_view name) {
    const json_value* const found = field(name, json_value::type::integer);
    return found == nullptr ? 0 : found->integer;
  }
  result<ledger_entry> give(ledger_entry entry) const {
    if (!missing_.empty()) return fail(error_code::corrupt, "the entry has no fit field " + missing_);
    return entry;
  }

 private:
  const json_value* field(std::string_view name, json_value::type kind) {
    const json_value* const found = object_.find(name);
    if (found != nullptr && found->kind == kind) return found;
    missing_ = name;
    return nullptr;
  }

  const json_value& object_;
  std::string missing_{};
};

template <class Entry>
result<ledger_entry> read_about_offset(entry_reader& from) {
  return from.give(
      Entry{from.text("replica"), from.number("incarnation"), from.number("offset"), from.text("by")});
}

result<ledger_entry> read(std::string_view type, entry_reader& from) {
  if (type == "replica.bug") return read_about_offset<replica_bug>(from);
  if (type == "replica.silent") return read_about_offset<replica_silent>(from);
  if (type == "replica.right") return read_about_offset<replica_right>(from);
  if (type == "replica.agreed")
    return from.give(replica_agreed{from.text("replica"), from.number("incarnation"), from.number("offset"),
                                    from.text("digest"), from.text("by")});
  if (type == "replica.retired")
    return from.give(replica_retired{from.text("replica"), from.number("incarnation"), from.text("reason"),
                                     from.text("by")});
  if (type == "replica.started")
    return from.give(replica_started{from.text("replica"), from.number("incarnation"), from.text("by")});
  if (type == "digest")
    return from.give(voted_digest{from.number("offset"), from.text("digest"), from.text("by")});
  if (type == "producers")
    return from.give(shared_producers{from.text("events"), from.text("dead_letters"), from.text("by")});
  return fail(error_code::unsupported, "an entry of type '" + std::string(type) + "' is of a later release");
}

}  // namespace

std::string encode(const ledger_entry& entry) {
  return std::visit(entry_encoder(), entry);
}

result<ledger_entry> decode_ledger_entry(std::string_view text) {
  thread_local json_parser parser;  // its memory is made once
  const result<json_value> parsed = parser.parse(as_bytes(text));
  if (!parsed || parsed->kind != json_value::type::object)
    return fail(error_code::corrupt, "an entry of the ledger must be a JSON object");
  entry_reader fields(*parsed);
  const json_value* const version = parsed->find("v");
  const std::string type = fields.text("type");
  if (version == nullptr || version->kind != json_value::type::integer || type.empty())
    return fail(error_code::corrupt, "an entry of the ledger needs v and type");
  if (version->integer != 1)
    return fail(error_code::unsupported, "an entry of version " + std::to_string(version->integer));
  return read(type, fields);
}

}  // namespace marquee::booking
