#include "cli/diagnosis.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <utility>

namespace marquee::cli {

namespace {

using nlohmann::json;

constexpr double gibibyte = 1024.0 * 1024.0 * 1024.0;
constexpr std::int64_t clock_warning_ms = 500;
constexpr std::int64_t clock_critical_ms = 10'000;

/// The findings of one check; if there are none, `good` is it.
class check {
 public:
  check(std::vector<finding>& all, std::string name) : all_(all), name_(std::move(name)) {}

  void warn(std::string subject, std::string what, std::string meaning, std::string advice) {
    add(severity::warning, std::move(subject), std::move(what), std::move(meaning), std::move(advice));
  }
  void alarm(std::string subject, std::string what, std::string meaning, std::string advice) {
    add(severity::critical, std::move(subject), std::move(what), std::move(meaning), std::move(advice));
  }
  void add(severity level, std::string subject, std::string what, std::string meaning, std::string advice) {
    all_.push_back(
        {level, name_, std::move(subject), std::move(what), std::move(meaning), std::move(advice)});
    found_ = true;
  }
  void otherwise(std::string good) {
    if (!found_) all_.push_back({severity::good, name_, "", std::move(good), "", ""});
  }

 private:
  std::vector<finding>& all_;
  const std::string name_;
  bool found_ = false;
};

std::string what_is_lost(const std::string& role, std::size_t left) {
  if (role == "load_balancer")
    return left > 0 ? "clients that know only this address get no answer; the others serve"
                    : "no HTTP client reaches the cluster; Kafka clients are not concerned";
  if (role == "write_manager")
    return left > 0 ? "the others take over; nothing is lost"
                    : "nobody can produce over HTTP, and nothing can be created; Kafka clients go on";
  if (role == "read_manager")
    return left > 0 ? "the others take its consumers over; nothing is lost"
                    : "nobody can consume over HTTP; Kafka clients go on";
  if (role == "broker") return "its replicas are missing; partitions go on while a majority of theirs is up";
  if (role == "postgres") return "nothing can be created or registered; produce and consume go on";
  return "what it serves is not served";
}

void check_processes(const cluster_facts& facts, std::vector<finding>& all) {
  check processes(all, "processes");
  const auto alive = [&](const std::string& role) {
    return static_cast<std::size_t>(std::ranges::count_if(
        facts.processes, [&](const process_facts& each) { return each.role == role && each.answers; }));
  };
  for (const process_facts& each : facts.processes) {
    if (each.http.empty()) {
      if (each.runs == false)
        processes.alarm(each.name, "it does not run", what_is_lost(each.role, 0),
                        "start it: scripts/up --restart " + each.name + "; its log says why it ended");
      continue;
    }
    const std::size_t left = alive(each.role);
    const severity level = left == 0 || each.role == "broker" ? severity::critical : severity::warning;
    if (!each.answers && each.runs == false)
      processes.add(level, each.name, "it does not run", what_is_lost(each.role, left),
                    "start it: scripts/up --restart " + each.name + "; its log says why it ended");
    else if (!each.answers && each.runs == true)
      processes.add(level, each.name, "it runs but does not answer: " + each.problem,
                    what_is_lost(each.role, left),
                    "look at its log and whether it is stopped (kill -CONT) or starved of processor or disk; "
                    "kill and restart it if it stays so");
    else if (!each.answers)
      processes.add(level, each.name, "it does not answer: " + each.problem, what_is_lost(each.role, left),
                    "see whether its process runs and whether its machine and network are up");
    else if (!each.ready)
      processes.warn(each.name, "it is not ready: " + each.problem,
                     "it gets no requests until what it waits for is there",
                     "see to what it waits for; it goes on by itself");
  }
  processes.otherwise(fmt::format("all {} run and are ready", facts.processes.size()));
}

/// Topic (name where known) and partition.
std::string which(const json& replica) {
  const json topic = replica.value("topic", json());
  return (topic.is_string() ? topic.get<std::string>() : replica.value("topic_id", "?")) + "/" +
         std::to_string(replica.value("partition", 0));
}

/// Names of the first few, and how many more.
std::string some_of(const std::vector<std::string>& names) {
  constexpr std::size_t most = 4;
  std::string text;
  for (std::size_t i = 0; i < std::min(most, names.size()); ++i) text += (i == 0 ? "" : ", ") + names[i];
  return names.size() > most ? text + fmt::format(" and {} more", names.size() - most) : text;
}

void check_partitions(const cluster_facts& facts, std::vector<finding>& all) {
  check partitions(all, "partitions");
  if (!facts.raft_problem.empty())
    return partitions.warn("", "the replicas could not be looked at: " + facts.raft_problem,
                           "whether every partition has a leader is not known",
                           "run this where the cluster's secret can be read (--secret-file), and with "
                           "--broker addresses if nothing else names the brokers");
  std::map<std::string, const json*> leaders;
  std::set<std::string> known;
  for (const json& each : facts.replicas) {
    known.insert(which(each));
    if (each.value("role", "") != "leader") continue;
    const json*& leader = leaders[which(each)];
    if (leader == nullptr || leader->value("term", 0) < each.value("term", 0)) leader = &each;
  }
  std::vector<std::string> without_leader, under_replicated;
  for (const std::string& name : known)
    if (!leaders.contains(name)) without_leader.push_back(name);
  for (const auto& [name, leader] : leaders)
    for (const json& progress : leader->value("progress", json::array()))
      if (progress.value("voter", false) && !progress.value("active", false)) {
        under_replicated.push_back(name);
        break;
      }
  if (!without_leader.empty())
    partitions.alarm(
        "",
        fmt::format("{} of {} have no leader: {}", without_leader.size(), known.size(),
                    some_of(without_leader)),
        "nobody can produce to or consume from them; what was acknowledged is kept",
        "bring back the brokers that are missing: a majority of each partition's replicas has to "
        "be up; 'marquee raft status' shows them");
  if (!under_replicated.empty())
    partitions.warn("",
                    fmt::format("{} of {} have a replica that its leader does not hear from: {}",
                                under_replicated.size(), known.size(), some_of(under_replicated)),
                    "they serve, but the loss of one more replica may stop them",
                    "bring the missing brokers back; their replicas catch up by themselves");
  partitions.otherwise(fmt::format("all {} have a leader that hears from every replica", known.size()));
}

void check_replicas(const cluster_facts& facts, std::vector<finding>& all) {
  check replicas(all, "replicas");
  for (const json& each : facts.replicas) {
    const std::string subject = fmt::format("{} on broker {}", which(each), each.value("broker_id", 0));
    if (each.contains("fenced") && each["fenced"].is_string())
      replicas.alarm(subject, "it is fenced: " + each["fenced"].get<std::string>(),
                     "it neither votes nor serves; the other replicas of the partition go on",
                     "see to the cause (the broker's log names file and error), then restart the broker");
    if (each.value("in_doubt", false))
      replicas.warn(subject, "it is in doubt: its machine lost power before its last writes were synced",
                    "its vote does not count until it holds what a leader has",
                    "wait while all brokers of the partition are up; if some cannot come back, 'marquee raft "
                    "recover' says what can be done");
  }
  for (const process_facts& each : facts.processes) {
    if (each.metric("marquee_broker_quarantined_replicas").value_or(0) > 0)
      replicas.warn(each.name, "it has replicas on disk that belong to no topic",
                    "they take disk space; nothing is deleted on doubt",
                    "its log names them; see which topic they were of before anything is removed");
    if (each.metric("marquee_broker_retention_held_back").value_or(0) > 0)
      replicas.warn(each.name, "old segments stay because a replica lacks them",
                    "the disk fills although retention would allow otherwise",
                    "bring the broker back that its log names");
  }
  replicas.otherwise(fmt::format("none of {} is fenced or in doubt", facts.replicas.size()));
}

void check_links(const cluster_facts& facts, std::vector<finding>& all) {
  check links(all, "links");
  for (const auto& [broker, peers] : facts.connections)
    for (const auto& [other, its_peers] : facts.connections)
      if (other != broker && !peers.contains(other))
        links.warn(fmt::format("broker {}", broker), fmt::format("it has no connection to broker {}", other),
                   "both run, but what they replicate between them stands still",
                   "look at the network between their Raft ports: firewall, routes, addresses");
  links.otherwise("every broker that runs is connected to the others");
}

void check_disks(const cluster_facts& facts, std::vector<finding>& all) {
  check disks(all, "disk");
  double least = 1;
  for (const process_facts& each : facts.processes) {
    const auto free = each.metric("marquee_broker_disk_free_bytes");
    const auto size = each.metric("marquee_broker_disk_size_bytes");
    if (!free || !size || *size <= 0) continue;
    const double share = *free / *size;
    least = std::min(least, share);
    if (each.metric("marquee_broker_disk_low") == 1.0) {
      disks.alarm(
          each.name,
          fmt::format("it stands aside: its disk is full, or less is free than disk.reserve_bytes "
                      "({:.0f} bytes are free)",
                      *free),
          "it leads nothing and takes no records; the others go on",
          "free space on that file system, or give the broker a larger disk; it comes back by itself");
      continue;
    }
    if (share >= 0.10 && *free >= gibibyte) continue;
    if (share >= 0.10 && *size < 10 * gibibyte) continue;
    const bool urgent = share < 0.03;
    disks.add(
        urgent ? severity::critical : severity::warning, each.name,
        fmt::format("{:.1f} GiB of its {:.1f} GiB disk are free ({:.1f} %)", *free / gibibyte,
                    *size / gibibyte, 100 * share),
        "when the disk is full its replicas step aside, and it leads nothing until there is space",
        "free space on that file system, lower retention.bytes or retention.ms of large topics, or give "
        "the broker a larger disk");
  }
  disks.otherwise(fmt::format("every broker has at least {:.0f} % of its disk free", 100 * least));
}

void check_database(const cluster_facts& facts, std::vector<finding>& all) {
  check database(all, "postgresql");
  for (const process_facts& each : facts.processes) {
    if (each.metric("marquee_" + each.role + "_postgres_up") != 0.0) continue;
    database.alarm(
        each.name, "PostgreSQL does not answer it",
        "topics, producers and consumers cannot be created; produce and consume of what is known "
        "go on",
        "start PostgreSQL, or look at its log, its disk and max_connections; managers reconnect by "
        "themselves");
  }
  database.otherwise("every manager reaches it");
}

void check_clocks(const cluster_facts& facts, std::vector<finding>& all) {
  check clocks(all, "clocks");
  std::int64_t least = 0, most = 0;
  for (const process_facts& each : facts.processes) {
    if (!each.clock_offset_ms) continue;
    const std::int64_t offset = *each.clock_offset_ms;
    least = std::min(least, offset);
    most = std::max(most, offset);
    if (std::abs(offset) < clock_warning_ms) continue;
    clocks.add(std::abs(offset) >= clock_critical_ms ? severity::critical : severity::warning, each.name,
               fmt::format("its clock is {} ms {} the doctor's", std::abs(offset),
                           offset > 0 ? "ahead of" : "behind"),
               "append times and retention follow the leader's clock; order and safety do not depend on it",
               "have NTP (chrony) set the clocks of all machines");
  }
  clocks.otherwise(fmt::format("all within {} ms", most - least));
}

void check_versions(const cluster_facts& facts, std::vector<finding>& all) {
  check versions(all, "versions");
  std::map<std::string, std::vector<std::string>> by_version;
  for (const process_facts& each : facts.processes)
    if (!each.version.empty()) by_version[each.version].push_back(each.name);
  if (by_version.size() > 1) {
    std::string what;
    for (const auto& [version, names] : by_version)
      what += (what.empty() ? "" : "; ") + version + ": " + some_of(names);
    versions.warn("", "processes run different releases: " + what,
                  "fine during a rolling upgrade; an older one may not read what a newer one writes",
                  "finish the upgrade");
  }
  versions.otherwise(by_version.empty() ? "none is told" : "all run " + by_version.begin()->first);
}

void check_safety(const cluster_facts& facts, std::vector<finding>& all) {
  check safety(all, "access");
  constexpr unsigned others = 077;
  for (const secret_file& each : facts.secrets)
    if ((each.mode & others) != 0)
      safety.alarm(each.path,
                   fmt::format("its mode is {:03o}: others on this machine can read it", each.mode),
                   "whoever has the cluster's secret can act as any of its processes",
                   "chmod 600 it, and change the secret if somebody may have read it");
  if (!facts.open_listeners.empty())
    safety.warn("", "listens beyond this machine without encryption: " + some_of(facts.open_listeners),
                "whoever reaches these ports can read and write everything",
                "let a firewall admit only the cluster's machines and its clients");
  safety.otherwise("secrets are private, listeners are on loopback");
}

void check_limits(const cluster_facts& facts, std::vector<finding>& all) {
  check limits(all, "limits");
  for (const process_facts& each : facts.processes) {
    const auto open = each.metric("marquee_process_open_files");
    const auto most = each.metric("marquee_process_open_files_limit");
    if (open && most && *most > 0 && *open > 0.8 * *most)
      limits.warn(each.name,
                  fmt::format("{:.0f} of {:.0f} possible files and connections are open", *open, *most),
                  "soon it can accept no connections", "raise the limit (ulimit -n), or see who connects");
  }
  limits.otherwise("open files are far from their limits");
}

}  // namespace

std::optional<double> process_facts::metric(const std::string& metric_name) const {
  const auto found = metrics.find(metric_name);
  return found == metrics.end() ? std::nullopt : std::optional(found->second);
}

std::vector<finding> diagnose(const cluster_facts& facts) {
  std::vector<finding> all;
  for (const auto each : {check_processes, check_partitions, check_replicas, check_links, check_disks,
                          check_database, check_clocks, check_versions, check_safety, check_limits})
    each(facts, all);
  return all;
}

}  // namespace marquee::cli
