#include "net/cluster_secret.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <fstream>

#include "net/access_policy.h"

namespace marquee::net {
namespace {

TEST(hmac_sha256, matches_rfc_4231_test_case_2) {
  const bytes_view parts[] = {as_bytes("what do ya want "), as_bytes("for nothing?")};
  EXPECT_EQ(to_hex(hmac_sha256(as_bytes("Jefe"), parts)),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(cluster_secret, proves_method_target_and_principal) {
  const cluster_secret secret("0123456789abcdef");
  http_request request{.method = "GET", .target = "/internal/managers?x=1"};
  EXPECT_FALSE(secret.signed_by_cluster(request));
  secret.sign(request);
  EXPECT_TRUE(secret.signed_by_cluster(request));
  EXPECT_FALSE(cluster_secret("another secret!!").signed_by_cluster(request));
  EXPECT_FALSE(cluster_secret().signed_by_cluster(request));
  request.target = "/internal/other";
  EXPECT_FALSE(secret.signed_by_cluster(request));
}

TEST(cluster_secret, of_nobody_believes_nobody) {
  http_request request;
  cluster_secret().sign(request);
  EXPECT_EQ(request.headers.size(), 0U);
  EXPECT_FALSE(cluster_secret().check_proof(cluster_secret().make_proof("GET", "/"), "GET", "/"));
}

TEST(principal, is_believed_only_with_a_proof_over_it) {
  const cluster_secret secret("0123456789abcdef");
  http_request request{.method = "GET", .target = "/", .headers = {{std::string(principal_header), "alice"}}};
  EXPECT_EQ(principal_of(request, secret).name, "anonymous");
  secret.sign(request);
  EXPECT_EQ(principal_of(request, secret).name, "alice");
  request.headers.set(principal_header, "root");
  EXPECT_EQ(principal_of(request, secret).name, "anonymous");
}

TEST(cluster_secret, is_read_from_a_file_without_white_space_around_it) {
  const std::string path = "/tmp/marquee_secret_test." + std::to_string(getpid());
  std::ofstream(path) << "  0123456789abcdef\n";
  const auto secret = cluster_secret::load(path);
  ASSERT_TRUE(secret.has_value());
  EXPECT_EQ(secret->make_proof("GET", "/"), cluster_secret("0123456789abcdef").make_proof("GET", "/"));
  std::ofstream(path) << "short\n";
  EXPECT_FALSE(cluster_secret::load(path).has_value());
  unlink(path.c_str());
  EXPECT_FALSE(cluster_secret::load(path).has_value());
}

TEST(http_message, decodes_targets) {
  http_request request{.target = "/a%20b/c?x=1+2&y=%3D&z&x=3#frag"};
  ASSERT_TRUE(split_target(request));
  EXPECT_EQ(request.path, "/a b/c");
  ASSERT_EQ(request.query.size(), 4U);
  EXPECT_EQ(*request.query_value("x"), "1 2");
  EXPECT_EQ(*request.query_value("y"), "=");
  EXPECT_EQ(*request.query_value("z"), "");
  EXPECT_EQ(request.query_value("w"), nullptr);
  for (const char* bad : {"/%", "/%4", "/%4g", "/a%00"}) {
    request.target = bad;
    EXPECT_FALSE(split_target(request)) << bad;
  }
  request.target = "http://host:80/x?y=1";
  ASSERT_TRUE(split_target(request));
  EXPECT_EQ(request.path, "/x");
  EXPECT_EQ(*percent_decode(percent_encode("a/b ?\xc3\xa9~")), "a/b ?\xc3\xa9~");
}

TEST(http_headers, compare_names_without_case) {
  http_headers headers{{"Content-Type", "a"}, {"content-type", "b"}};
  EXPECT_EQ(headers.get("CONTENT-TYPE"), "a");
  headers.set("Content-type", "c");
  EXPECT_EQ(headers.size(), 1U);
  headers.remove("CONTENT-type");
  EXPECT_FALSE(headers.has("Content-Type"));
}

}  // namespace
}  // namespace marquee::net
