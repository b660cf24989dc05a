// Switches on the bug that the environment names, before `main` begins. An unknown name ends the process: a
// run that searches for no bug at all would prove the checker wrong.

#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "broker/planted_bugs.h"
#include "raft/core/planted_bugs.h"

namespace marquee {
namespace {

bool switch_on(std::string_view name) {
  if (name == "acknowledges_without_a_majority")
    raft::active_bug = raft::planted_bug::commits_without_a_majority;
  else if (name == "forgets_producers_when_elected")
    broker::active_bug = broker::planted_bug::forgets_producers_when_elected;
  else if (name == "serves_what_is_not_committed")
    broker::active_bug = broker::planted_bug::serves_what_is_not_committed;
  else if (!name.empty())
    return false;
  return true;
}

[[maybe_unused]] const bool switched_on = [] {
  const char* name = std::getenv("MARQUEE_PLANTED_BUG");  // NOLINT: there are no other threads yet
  if (switch_on(name == nullptr ? "" : name)) return true;
  std::fprintf(stderr, "MARQUEE_PLANTED_BUG=%s: there is no such bug\n", name);
  std::exit(2);
}();

}  // namespace
}  // namespace marquee
