#include "booking_app/front_end/request_fields.h"

#include <gtest/gtest.h>

#include "booking_app/front_end/request_body.h"

namespace marquee::booking {
namespace {

const std::string component = "booking_front_end/x";

net::http_request asked_with(std::initializer_list<net::http_headers::field> fields) {
  net::http_request request;
  request.headers = net::http_headers(fields);
  return request;
}

int status_of(std::initializer_list<net::http_headers::field> fields) {
  const auto read = read_command_fields(asked_with(fields), component);
  return read ? 200 : read.error().status;
}

TEST(request_fields, nobody_in_particular_is_unauthenticated) {
  const auto read = read_command_fields(asked_with({{"X-Client-Seq", "1"}}), component);
  ASSERT_FALSE(read.has_value());
  EXPECT_EQ(read.error().status, 401);
  EXPECT_EQ(read.error().code, "UNAUTHENTICATED");
}

TEST(request_fields, client_ids_are_any_text_without_control_characters) {
  EXPECT_EQ(status_of({{"X-Client-Id", "anna"}, {"X-Client-Seq", "1"}}), 200);
  EXPECT_EQ(status_of({{"X-Client-Id", "Ünï ☃"}, {"X-Client-Seq", "1"}}), 200);
  EXPECT_EQ(status_of({{"X-Client-Id", std::string(255, 'x')}, {"X-Client-Seq", "1"}}), 200);
  EXPECT_EQ(status_of({{"X-Client-Id", std::string(256, 'x')}, {"X-Client-Seq", "1"}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", ""}, {"X-Client-Seq", "1"}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", "a\tb"}, {"X-Client-Seq", "1"}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", "\xff"}, {"X-Client-Seq", "1"}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", "_fe"}, {"X-Client-Seq", "1"}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"X-Client-Id", "b"}, {"X-Client-Seq", "1"}}), 400);
}

TEST(request_fields, a_command_has_exactly_one_key) {
  EXPECT_EQ(status_of({{"X-Client-Id", "a"}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"Idempotency-Key", "k"}}), 200);
  EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"Idempotency-Key", "k"}, {"X-Client-Seq", "1"}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"Idempotency-Key", ""}}), 400);
  EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"Idempotency-Key", std::string(256, 'k')}}), 400);
  for (const char* sequence : {"0", "-1", "1.5", "one", "", " 1", "9007199254740992", "99999999999999999999"})
    EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"X-Client-Seq", sequence}}), 400) << sequence;
  EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"X-Client-Seq", "9007199254740991"}}), 200);
}

TEST(request_fields, reads_session_acknowledgement_and_lock) {
  const auto read = read_command_fields(asked_with({{"X-Client-Id", "a"},
                                                    {"X-Client-Seq", "17"},
                                                    {"X-Session-Id", "s-1042"},
                                                    {"X-Ack-Below", "15"},
                                                    {"X-Lock", "hall:1:88"}}),
                                        component);
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->seq, 17);
  EXPECT_EQ(read->session_id, "s-1042");
  EXPECT_EQ(read->ack_below, 15);
  ASSERT_TRUE(read->lock.has_value());
  EXPECT_EQ(read->lock->first, "hall:1");
  EXPECT_EQ(read->lock->second, 88);
  for (const char* lock : {"hall", "hall:", ":1", "hall:x", "hall:1 "})
    EXPECT_EQ(status_of({{"X-Client-Id", "a"}, {"X-Client-Seq", "1"}, {"X-Lock", lock}}), 400) << lock;
}

TEST(request_fields, refuses_query_fields_that_nobody_reads) {
  net::http_request request;
  request.query = {{"seats", "1A"}, {"x_trace", "1"}};
  EXPECT_FALSE(check_query(request, component, {"seats"}).has_value());
  EXPECT_TRUE(check_query(request, component, {}).has_value());
  request.query.emplace_back("seats", "1B");
  EXPECT_TRUE(check_query(request, component, {"seats"}).has_value());
}

TEST(request_body, is_the_same_text_however_it_was_written) {
  auto one = request_body::parse(R"({ "b": [1, 2.5], "a": {"d":"ü","c":null} })");
  auto other = request_body::parse(R"({"a":{"c":null,"d":"\u00fc"},"b":[1,2.5]})");
  ASSERT_TRUE(one && other);
  EXPECT_TRUE(one->add("show_id", "S1"));
  EXPECT_TRUE(other->add("show_id", "S1"));
  EXPECT_EQ(one->text(), other->text());
  EXPECT_EQ(one->text(), R"({"a":{"c":null,"d":"ü"},"b":[1,2.5],"show_id":"S1"})");
}

TEST(request_body, the_path_is_not_said_again_in_the_body) {
  auto body = request_body::parse(R"({"show_id":"S2"})");
  ASSERT_TRUE(body.has_value());
  EXPECT_FALSE(body->add("show_id", "S1"));
}

TEST(request_body, refuses_what_is_no_object) {
  for (const char* text : {"[]", "1", "null", "{", "{}{}", R"({"a":1,"a":2})", "\xff", "nonsense"})
    EXPECT_FALSE(request_body::parse(text).has_value()) << text;
  EXPECT_TRUE(request_body::parse("").has_value());
}

}  // namespace
}  // namespace marquee::booking
