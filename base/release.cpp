#include "base/release.h"

namespace marquee {

std::string_view release_version() {
  return MARQUEE_RELEASE;
}

}  // namespace marquee
