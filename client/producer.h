#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "client/api_failure.h"
#include "client/client_options.h"
#include "client/message.h"

namespace marquee::client {

class api_connection;

/// Stores messages in one topic, one request each; blocking. Belongs to one thread at a time: several
/// producers of one id may work beside each other, with sequences that do not overlap. With a sequence a call
/// is repeated until the deadline and stored once; without one it is repeated only if it certainly had no
/// effect.
class producer {
 public:
  /// Asks for a producer id; makes the topic if it does not exist.
  [[nodiscard]] static outcome<std::string> register_at(const client_options& options,
                                                        const std::string& topic);

  producer(const client_options& options, std::string topic, std::string producer_id);
  producer(producer&&) noexcept;
  ~producer();

  [[nodiscard]] outcome<stored_message> produce(const message& what, std::optional<std::int64_t> sequence);
  [[nodiscard]] std::int64_t repeated_attempts() const;

 private:
  std::unique_ptr<api_connection> connection_;
  std::string topic_;
  std::string producer_id_;
};

}  // namespace marquee::client
