#pragma once

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "base/metrics.h"
#include "fake_cluster.h"
#include "net/cluster_secret.h"
#include "net/http_client.h"
#include "net/http_router.h"
#include "net/http_server.h"
#include "read_manager/handlers.h"

namespace marquee::read_manager {

/// What came back, as JSON.
struct reply {
  int status = 0;
  nlohmann::json body;
  net::http_headers headers;
};

enum proof_kind : std::uint8_t { signed_by_cluster, without_proof };

/// A read manager over a fake cluster, with a filled metadata cache and a PostgreSQL that is away.
class test_manager {
 public:
  test_manager(fake_cluster& cluster, std::string name);
  ~test_manager();

  [[nodiscard]] std::string address() const { return "127.0.0.1:" + std::to_string(server_->port()); }
  [[nodiscard]] std::string consumer_id(std::int64_t number,
                                        const uuid& topic = fake_cluster::topic_id) const;
  [[nodiscard]] reply call(const std::string& method, const std::string& target,
                           nlohmann::json body = nullptr, net::http_headers headers = {});
  [[nodiscard]] reply consume(const std::string& id, nlohmann::json more = nlohmann::json::object());
  /// The values of a successful consume, separated by spaces; else the error's code.
  [[nodiscard]] std::string read(const std::string& id, nlohmann::json more = nlohmann::json::object());
  /// As a load balancer does it, which names its attempts.
  [[nodiscard]] reply consume_as(const std::string& attempt, const std::string& id,
                                 nlohmann::json more = nlohmann::json::object(),
                                 const std::string& lost_attempts = "");
  [[nodiscard]] std::string read_as(const std::string& attempt, const std::string& id,
                                    nlohmann::json more = nlohmann::json::object(),
                                    const std::string& lost_attempts = "");
  /// As a load balancer does it that does not hear the managers `silent`.
  [[nodiscard]] std::string read_naming(const std::string& silent, const std::string& id,
                                        proof_kind proof = signed_by_cluster,
                                        nlohmann::json more = nlohmann::json::object());
  [[nodiscard]] net::http_headers signed_headers(const std::string& method, const std::string& target,
                                                 const std::string& silent = "") const;
  /// The status of a POST that is signed by the cluster.
  [[nodiscard]] int tell(const std::string& target, const std::string& silent = "");
  [[nodiscard]] int say_undelivered(const std::string& id, const std::string& attempt) {
    return tell("/internal/undelivered?consumer_id=" + id + "&attempt=" + attempt);
  }
  /// As kill -9 would: connections break and nobody listens any more.
  void kill();
  /// As the process does it when a graceful stop begins; it goes on answering.
  void announce_stop() { server_->announce_stop(); }
  /// Handlers stand still for so long.
  void freeze_ms(std::int64_t duration_ms);
  [[nodiscard]] std::uint64_t counted(const char* name);
  /// Sends a consume and closes the connection before the answer can be written.
  void consume_and_hang_up(const std::string& id);

 private:
  std::string name_;
  metrics_registry metrics_;
  system_clock time_;
  net::cluster_secret secret_{"a secret of tests, long enough"};
  read_manager_options options_;
  db::metadata_store store_{{.url = "postgresql://127.0.0.1:1/nobody"}};
  db::metadata_cache cache_;
  db::metadata_follower follower_{cache_, {.url = "postgresql://127.0.0.1:1/nobody"}};
  net::event_loop loop_;
  net::event_loop client_loop_{"client"};
  std::atomic<bool> dead_ = false;
  std::unique_ptr<net::http_client> client_;
  std::unique_ptr<net::http_client> outside_;
  std::unique_ptr<kafka::cluster_client> cluster_;
  std::unique_ptr<position_client> positions_;
  std::unique_ptr<offset_client> offsets_;
  std::unique_ptr<consumer_fetcher> fetcher_;
  std::unique_ptr<consumer_committer> committer_;
  std::unique_ptr<consumer_table> table_;
  std::unique_ptr<request_forwarder> forwarder_;
  std::unique_ptr<consumer_router> router_;
  std::unique_ptr<db::manager_directory> directory_;
  std::unique_ptr<db::activity_log> activity_;
  std::unique_ptr<services> all_;
  std::unique_ptr<net::http_router> routes_;
  std::unique_ptr<net::http_server> server_;
};

}  // namespace marquee::read_manager
