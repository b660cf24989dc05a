#include <gtest/gtest.h>

#include "base/logging.h"

namespace marquee {
namespace {

/// Thousands of crashes would write thousands of lines about what a crash does.
class quiet_log : public testing::Environment {
 public:
  void SetUp() override {
    logging_options options;
    options.file = "/dev/null";
    initialise_logging(options);
  }
};

[[maybe_unused]] const auto* const environment = testing::AddGlobalTestEnvironment(new quiet_log);

}  // namespace
}  // namespace marquee
