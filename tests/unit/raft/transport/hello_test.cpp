#include "raft/transport/hello.h"

#include <gtest/gtest.h>

namespace marquee::raft {
namespace {

introduction example() {
  introduction value;
  value.cluster_id = *uuid::parse("11111111-2222-4333-8444-555555555555");
  value.self = {broker_id(3), incarnation_id(77)};
  value.boot = boot_count(9);
  value.features = 5;
  value.nonce.fill(0xab);
  value.process = process_id(12345);
  return value;
}

TEST(hello, introduction_survives_encoding) {
  const result<introduction> read = decode_introduction(encode_introduction(example()));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->self, example().self);
  EXPECT_EQ(read->boot, example().boot);
  EXPECT_EQ(read->cluster_id, example().cluster_id);
  EXPECT_EQ(read->features, 5u);
  EXPECT_EQ(read->nonce, example().nonce);
  EXPECT_EQ(read->process, example().process);
}

TEST(hello, introduction_cut_anywhere_is_an_error) {
  const bytes whole = encode_introduction(example());
  const std::size_t without_process = whole.size() - sizeof(std::int64_t);
  for (std::size_t size = 0; size < whole.size(); ++size)
    if (size != without_process)
      EXPECT_FALSE(decode_introduction(bytes_view(whole).first(size)).has_value()) << size;
}

TEST(hello, introduction_of_a_release_without_process_ids_is_read) {
  const bytes whole = encode_introduction(example());
  const result<introduction> read =
      decode_introduction(bytes_view(whole).first(whole.size() - sizeof(std::int64_t)));
  ASSERT_TRUE(read.has_value());
  EXPECT_EQ(read->process, process_id(0));
  EXPECT_EQ(read->nonce, example().nonce);
}

TEST(hello, verdict_cut_anywhere_is_an_error) {
  const bytes whole = encode_verdict({.verdict = hello_verdict::superseded, .proof = {}});
  ASSERT_TRUE(decode_verdict(whole).has_value());
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(decode_verdict(bytes_view(whole).first(size)).has_value()) << size;
}

TEST(hello, proof_differs_by_side_verdict_secret_and_nonce) {
  const net::cluster_secret secret("secret one");
  const bytes first = encode_introduction(example());
  introduction other = example();
  other.nonce[0] ^= 1;
  const auto proof = prove(secret, hello_side::connecting, hello_verdict::welcome, first, first);
  EXPECT_EQ(proof, prove(secret, hello_side::connecting, hello_verdict::welcome, first, first));
  EXPECT_NE(proof, prove(secret, hello_side::accepting, hello_verdict::welcome, first, first));
  EXPECT_NE(proof, prove(secret, hello_side::connecting, hello_verdict::superseded, first, first));
  EXPECT_NE(proof,
            prove(secret, hello_side::connecting, hello_verdict::welcome, first, encode_introduction(other)));
  EXPECT_NE(proof, prove(net::cluster_secret("secret two"), hello_side::connecting, hello_verdict::welcome,
                         first, first));
}

TEST(hello, refuses_other_cluster_and_versions_without_overlap) {
  introduction other = example();
  EXPECT_EQ(judge_introduction(example(), other), hello_verdict::welcome);
  other.version_least = other.version_most = protocol_version_most + 1;
  EXPECT_EQ(judge_introduction(example(), other), hello_verdict::unknown_version);
  other = example();
  other.version_most = protocol_version_most + 5;
  EXPECT_EQ(judge_introduction(example(), other), hello_verdict::welcome);
  EXPECT_EQ(common_version(example(), other), protocol_version_most);
  other.cluster_id = uuid::random();
  EXPECT_EQ(judge_introduction(example(), other), hello_verdict::other_cluster);
}

}  // namespace
}  // namespace marquee::raft
