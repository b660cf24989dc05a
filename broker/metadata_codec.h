#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "broker/cluster_metadata.h"

namespace marquee::broker {

/// The body of POST /internal/metadata. Unknown members are skipped: the controller may be newer. Errors:
/// invalid_argument (says where).
[[nodiscard]] result<metadata_push> decode_metadata_push(std::string_view json);

/// The file that the broker keeps: a full push, with a format version.
[[nodiscard]] std::string encode_metadata(const cluster_metadata& metadata);
/// Errors: corrupt, unsupported.
[[nodiscard]] result<cluster_metadata> decode_metadata(std::string_view json);

}  // namespace marquee::broker
