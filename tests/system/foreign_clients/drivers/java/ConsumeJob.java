import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

/** Reads partitions without a group until enough was read, the end is reached, or the time is over. */
class ConsumeJob {
  private final JsonNode job;
  private final List<TopicPartition> partitions = new ArrayList<>();
  private long count = 0;

  ConsumeJob(JsonNode job) {
    this.job = job;
  }

  void run() {
    long end = System.currentTimeMillis() + job.path("timeout_ms").asLong(20_000);
    long wanted = job.path("count").asLong(Long.MAX_VALUE);
    try (var consumer = new KafkaConsumer<>(options(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      assign(consumer);
      Map<TopicPartition, Long> ends = job.path("until_end").asBoolean() ? consumer.endOffsets(partitions) : null;
      while (count < wanted && System.currentTimeMillis() < end && !isAt(consumer, ends)) {
        for (var record : consumer.poll(Duration.ofMillis(100))) say(record);
      }
      ObjectNode line = Driver.JSON.createObjectNode().put("at_end", isAt(consumer, ends));
      Driver.say(line);
    }
  }

  private boolean isAt(KafkaConsumer<byte[], byte[]> consumer, Map<TopicPartition, Long> ends) {
    if (ends == null) return false;
    return partitions.stream().allMatch(one -> consumer.position(one) >= ends.get(one));
  }

  private void assign(KafkaConsumer<byte[], byte[]> consumer) {
    for (JsonNode one : job.get("partitions")) {
      partitions.add(new TopicPartition(job.get("topic").asText(), one.get("partition").asInt()));
    }
    consumer.assign(partitions);
    int number = 0;
    for (JsonNode one : job.get("partitions")) {
      TopicPartition partition = partitions.get(number++);
      JsonNode at = one.get("at");
      if (at.isNumber()) consumer.seek(partition, at.asLong());
      else if (at.asText().equals("earliest")) consumer.seekToBeginning(List.of(partition));
      else consumer.seekToEnd(List.of(partition));
    }
  }

  private Properties options() {
    Properties made = Driver.properties(job);
    made.put("enable.auto.commit", false);
    made.put("auto.offset.reset", job.path("reset").asText("none"));
    made.put("isolation.level", job.path("isolation").asText("read_uncommitted"));
    if (job.has("fetch_bytes")) made.put("fetch.max.bytes", job.get("fetch_bytes").asInt());
    if (job.has("partition_bytes")) made.put("max.partition.fetch.bytes", job.get("partition_bytes").asInt());
    return made;
  }

  private void say(ConsumerRecord<byte[], byte[]> record) {
    count++;
    ObjectNode line = Driver.JSON.createObjectNode();
    line.put("partition", record.partition()).put("offset", record.offset()).put("timestamp", record.timestamp());
    line.put("timestamp_type", record.timestampType().id);
    record.leaderEpoch().ifPresent(epoch -> line.put("leader_epoch", epoch));
    line.put("key", Driver.text(record.key())).put("value", Driver.text(record.value()));
    var headers = line.putArray("headers");
    for (Header header : record.headers()) headers.addArray().add(header.key()).add(Driver.text(header.value()));
    Driver.say(line);
  }
}
