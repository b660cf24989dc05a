#include "booking_app/machine/command_decoder.h"

#include "booking_app/machine/body_decoders.h"
#include "booking_app/machine/field_reader.h"
#include "booking_app/machine/identifier_rules.h"

namespace marquee::booking {
namespace {

const json_value empty_object{.kind = json_value::type::object};

/// What can be told of a record that is no command: only what is well formed.
undecodable describe_undecodable(const json_value& record, std::string reason) {
  undecodable bad{std::move(reason), {}, {}, {}};
  const json_value* const client = record.find("client_id");
  if (client != nullptr && client->kind == json_value::type::text && is_valid_name(client->text))
    bad.client_id = client->text;
  const json_value* const sequence = record.find("seq");
  if (sequence != nullptr && sequence->kind == json_value::type::integer && sequence->integer > 0 &&
      sequence->integer <= largest_integer)
    bad.key.sequence = sequence->integer;
  const json_value* const key = record.find("idem_key");
  if (bad.key.is_none() && key != nullptr && key->kind == json_value::type::text && key->text.size() <= 255)
    bad.key.key = key->text;
  const json_value* const reply_to = record.find("reply_to");
  if (reply_to != nullptr && reply_to->kind == json_value::type::text) bad.reply_to = reply_to->text;
  return bad;
}

void read_key(field_reader& envelope, command& target) {
  const auto sequence = envelope.optional_integer("seq", 1, largest_integer);
  const auto key = envelope.optional_text("idem_key");
  if (key && (key->empty() || key->size() > 255)) envelope.refuse("idem_key", "must have 1 to 255 bytes");
  if (target.is_deduplicated() && sequence.has_value() == key.has_value())
    envelope.refuse("seq", "or idem_key must be given, and not both");
  if (sequence) target.key.sequence = *sequence;
  if (key && !sequence) target.key.key = *key;
}

void read_lock(field_reader& envelope, command& target) {
  const json_value* const object = envelope.optional_object("lock");
  if (object == nullptr) return;
  field_reader lock = envelope.child(*object, "lock");
  lock_proof& proof = target.lock.emplace();
  proof.name = lock.text("name");
  proof.token = lock.integer("token", -largest_integer, largest_integer);
  if (!lock.failed() && !is_valid_name(proof.name)) lock.refuse("name", "is no name of a lock");
  lock.finish();
}

bool needs_session(std::string_view type) {
  return type.starts_with("lock.") || type == "session.close";
}

/// Everything but type and body, in which `target` has them already.
void read_envelope(field_reader& envelope, command& target) {
  envelope.integer("v", 1, 1);
  const auto client = envelope.optional_text("client_id");
  if (!client && target.is_deduplicated()) envelope.refuse("client_id", "is missing");
  if (client && !is_valid_name(*client)) envelope.refuse("client_id", "is no client id");
  target.client_id = client.value_or("");
  target.session_id = envelope.optional_text("session_id");
  if (!target.session_id && needs_session(target.type)) envelope.refuse("session_id", "is missing");
  read_key(envelope, target);
  target.ack_below = envelope.optional_integer("ack_below", 0, largest_integer);
  target.reply_to = envelope.optional_text("reply_to").value_or("");
  read_lock(envelope, target);
}

}  // namespace

std::variant<command, undecodable> command_decoder::decode(bytes_view record) {
  const result<json_value> parsed = parser_.parse(record);
  if (!parsed) return undecodable{parsed.error().message, {}, {}, {}};
  if (parsed->kind != json_value::type::object) return undecodable{"not a JSON object", {}, {}, {}};
  std::string problem;
  field_reader envelope(*parsed, "", problem);
  command decoded;
  decoded.type = envelope.text("type");
  const body_decoder decoder = find_body_decoder(decoded.type);
  if (decoder == nullptr) envelope.refuse("type", "is not known");
  const json_value* body = envelope.optional_object("body");
  if (body == nullptr) body = &empty_object;
  if (!envelope.failed()) {
    field_reader fields = envelope.child(*body, "body");
    decoded.body = decoder(fields);
    fields.finish();
  }
  read_envelope(envelope, decoded);
  if (!problem.empty()) return describe_undecodable(*parsed, std::move(problem));

  scratch_.assign(decoded.type).push_back('\0');
  append_canonical(*body, scratch_);
  decoded.payload = hash_of(scratch_);
  return decoded;
}

}  // namespace marquee::booking
