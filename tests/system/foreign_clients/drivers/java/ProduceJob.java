import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Sends the records of the job and says of each where it went, in the order of the answers. */
class ProduceJob {
  private final JsonNode job;

  ProduceJob(JsonNode job) {
    this.job = job;
  }

  void run() throws Exception {
    long pace = job.path("pace_per_s").asLong(0);
    try (var producer = new KafkaProducer<>(options(), new ByteArraySerializer(), new ByteArraySerializer())) {
      int number = 0;
      for (JsonNode record : job.get("records")) {
        int n = number++;
        producer.send(
            recordOf(record),
            (where, failure) -> {
              ObjectNode line = Driver.JSON.createObjectNode().put("n", n);
              if (failure == null) {
                line.put("partition", where.partition()).put("offset", where.offset());
                line.put("timestamp", where.timestamp());
              } else {
                line.put("error", failure.toString()).put("code", Driver.codeOf(failure));
              }
              Driver.say(line);
            });
        if (pace > 0 && number % 10 == 0) Thread.sleep(10_000 / pace);
      }
      producer.flush();
    }
  }

  private Properties options() {
    Properties made = Driver.properties(job);
    made.put("enable.idempotence", job.path("idempotent").asBoolean(false));
    made.put("acks", String.valueOf(job.path("acks").asInt(-1)));
    made.put("compression.type", job.path("compression").asText("none"));
    made.put("delivery.timeout.ms", job.path("timeout_ms").asInt(60_000));
    made.put("request.timeout.ms", Math.min(10_000, job.path("timeout_ms").asInt(60_000)));
    made.put("linger.ms", job.path("linger_ms").asInt(0));
    if (job.has("batch_bytes")) made.put("batch.size", job.get("batch_bytes").asInt());
    if (job.has("request_bytes")) made.put("max.request.size", job.get("request_bytes").asInt());
    return made;
  }

  private ProducerRecord<byte[], byte[]> recordOf(JsonNode record) {
    List<Header> headers = new ArrayList<>();
    for (JsonNode header : record.path("headers")) {
      headers.add(new RecordHeader(header.get(0).asText(), Driver.bytes(header.get(1))));
    }
    Integer partition = record.has("partition") ? record.get("partition").asInt() : null;
    Long timestamp = record.has("timestamp") ? record.get("timestamp").asLong() : null;
    byte[] key = Driver.bytes(record.get("key"));
    byte[] value = Driver.bytes(record.get("value"));
    return new ProducerRecord<>(job.get("topic").asText(), partition, timestamp, key, value, headers);
  }
}
