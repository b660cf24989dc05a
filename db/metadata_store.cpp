#include "db/metadata_store.h"

#include "db/database_pool.h"
#include "db/migrations.h"
#include "db/statements.h"

namespace marquee::db {

metadata_store::metadata_store(metadata_store_options options)
    : pool_(std::make_unique<database_pool>(
          database_connection_options{.url = options.url,
                                      .connect_timeout_ms = options.connect_timeout_ms,
                                      .statement_timeout_ms = options.statement_timeout_ms,
                                      .status = options.status},
          options.threads, options.queue_limit)) {}

metadata_store::~metadata_store() = default;

net::task<result<>> metadata_store::migrate(net::deadline end) {
  return pool_->run<void>([](pqxx::connection& connection) { return apply_migrations(connection); }, end);
}

net::task<result<metadata_changes>> metadata_store::read_changes(metadata_version above, net::deadline end) {
  return pool_->run<metadata_changes>(
      [above](pqxx::connection& connection) { return statements::read_changes(connection, above); }, end);
}

net::task<result<topic_row>> metadata_store::create_topic(new_topic request, net::deadline end) {
  return pool_->run<topic_row>(
      [request = std::move(request)](pqxx::connection& connection) {
        return statements::create_topic(connection, request);
      },
      end);
}

net::task<result<metadata_version>> metadata_store::delete_topic(uuid topic_id, net::deadline end) {
  return pool_->run<metadata_version>(
      [topic_id](pqxx::connection& connection) { return statements::delete_topic(connection, topic_id); },
      end);
}

net::task<result<topic_row>> metadata_store::change_topic_config(uuid topic_id,
                                                                 std::map<std::string, std::string> changes,
                                                                 net::deadline end) {
  return pool_->run<topic_row>(
      [topic_id, changes = std::move(changes)](pqxx::connection& connection) {
        return statements::change_topic_config(connection, topic_id, changes);
      },
      end);
}

net::task<result<registered_broker>> metadata_store::register_broker(broker_registration registration,
                                                                     net::deadline end) {
  return pool_->run<registered_broker>(
      [registration = std::move(registration)](pqxx::connection& connection) {
        return statements::register_broker(connection, registration);
      },
      end);
}

net::task<result<broker_load>> metadata_store::remove_broker(broker_id broker, net::deadline end) {
  return pool_->run<broker_load>(
      [broker](pqxx::connection& connection) { return statements::remove_broker(connection, broker); }, end);
}

net::task<result<broker_row>> metadata_store::set_eviction(eviction_order order, controller_office office,
                                                           net::deadline end) {
  return pool_->run<broker_row>(
      [order, office = std::move(office)](pqxx::connection& connection) {
        return statements::set_eviction(connection, order, office);
      },
      end);
}

net::task<result<std::int64_t>> metadata_store::take_producer_ids(std::int64_t count, net::deadline end) {
  return pool_->run<std::int64_t>(
      [count](pqxx::connection& connection) { return statements::take_producer_ids(connection, count); },
      end);
}

net::task<result<std::int64_t>> metadata_store::register_producer(uuid topic_id, net::deadline end) {
  return pool_->run<std::int64_t>(
      [topic_id](pqxx::connection& connection) {
        return statements::register_producer(connection, topic_id);
      },
      end);
}

net::task<result<removal>> metadata_store::delete_producer(std::int64_t number, net::deadline end) {
  return pool_->run<removal>(
      [number](pqxx::connection& connection) { return statements::delete_producer(connection, number); },
      end);
}

net::task<result<std::int64_t>> metadata_store::register_consumer(consumer_row consumer, net::deadline end) {
  return pool_->run<std::int64_t>(
      [consumer = std::move(consumer)](pqxx::connection& connection) {
        return statements::register_consumer(connection, consumer);
      },
      end);
}

net::task<result<removal>> metadata_store::delete_consumer(std::int64_t number, net::deadline end) {
  return pool_->run<removal>(
      [number](pqxx::connection& connection) { return statements::delete_consumer(connection, number); },
      end);
}

net::task<result<consumer_row>> metadata_store::find_consumer(std::int64_t number, net::deadline end) {
  return pool_->run<consumer_row>(
      [number](pqxx::connection& connection) { return statements::find_consumer(connection, number); }, end);
}

net::task<result<controller_office>> metadata_store::read_office(net::deadline end) {
  return pool_->run<controller_office>(
      [](pqxx::connection& connection) { return statements::read_office(connection); }, end);
}

net::task<result<>> metadata_store::report_process(process_row process, net::deadline end) {
  return pool_->run<void>(
      [process = std::move(process)](pqxx::connection& connection) {
        return statements::report_process(connection, process);
      },
      end);
}

net::task<result<>> metadata_store::write_activity(std::vector<activity_item> items, net::deadline end) {
  return pool_->run<void>(
      [items = std::move(items)](pqxx::connection& connection) {
        return statements::write_activity(connection, items);
      },
      end);
}

net::task<result<activity_rows>> metadata_store::read_activity(std::int64_t written_after_ms,
                                                               std::int64_t most, net::deadline end) {
  return pool_->run<activity_rows>(
      [written_after_ms, most](pqxx::connection& connection) {
        return statements::read_activity(connection, written_after_ms, most);
      },
      end);
}

net::task<result<std::vector<process_row>>> metadata_store::list_processes(net::deadline end) {
  return pool_->run<std::vector<process_row>>(
      [](pqxx::connection& connection) { return statements::list_processes(connection); }, end);
}

}  // namespace marquee::db
