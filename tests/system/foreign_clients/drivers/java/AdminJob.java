import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.CreateTopicsOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** One administrative call; its outcome is one line. A refusal ends the job with the protocol's number. */
class AdminJob {
  private final JsonNode job;
  private final ObjectNode line = Driver.JSON.createObjectNode();

  AdminJob(JsonNode job) {
    this.job = job;
  }

  void run() throws Exception {
    var options = Driver.properties(job);
    options.put("request.timeout.ms", 10_000);
    options.put("default.api.timeout.ms", job.path("timeout_ms").asInt(20_000));
    try (Admin admin = Admin.create(options)) {
      switch (job.get("call").asText()) {
        case "create" -> create(admin);
        case "delete" -> admin.deleteTopics(List.of(topic())).all().get();
        case "list" -> admin.listTopics().names().get().forEach(line.putArray("topics")::add);
        case "describe" -> describe(admin);
        case "configs" -> configs(admin);
        case "cluster" -> cluster(admin);
        case "offset" -> offset(admin);
        default -> throw new IllegalArgumentException("unknown call");
      }
    }
    Driver.say(line);
  }

  private String topic() {
    return job.get("topic").asText();
  }

  private void create(Admin admin) throws Exception {
    NewTopic wanted = new NewTopic(topic(), job.get("partitions").asInt(), (short) job.get("replicas").asInt());
    Map<String, String> config = new HashMap<>();
    job.path("config").fields().forEachRemaining(one -> config.put(one.getKey(), one.getValue().asText()));
    var options = new CreateTopicsOptions().validateOnly(job.path("validate_only").asBoolean());
    admin.createTopics(List.of(wanted.configs(config)), options).all().get();
  }

  private void describe(Admin admin) throws Exception {
    var told = admin.describeTopics(List.of(topic())).allTopicNames().get().get(topic());
    line.put("topic_id", told.topicId().toString());
    var partitions = line.putArray("partitions");
    for (var one : told.partitions()) {
      ObjectNode partition = partitions.addObject().put("partition", one.partition());
      partition.put("leader", one.leader() == null ? -1 : one.leader().id());
      one.replicas().forEach(node -> partition.withArray("replicas").add(node.id()));
      one.isr().forEach(node -> partition.withArray("isr").add(node.id()));
    }
  }

  private void configs(Admin admin) throws Exception {
    var resource = new ConfigResource(ConfigResource.Type.TOPIC, topic());
    var told = admin.describeConfigs(List.of(resource)).all().get().get(resource);
    ObjectNode config = line.putObject("config");
    told.entries().forEach(entry -> config.put(entry.name(), entry.value()));
  }

  private void cluster(Admin admin) throws Exception {
    var told = admin.describeCluster();
    line.put("cluster_id", told.clusterId().get()).put("controller", told.controller().get().id());
    var brokers = line.putArray("brokers");
    for (var node : told.nodes().get()) {
      brokers.addObject().put("id", node.id()).put("host", node.host()).put("port", node.port());
    }
  }

  private void offset(Admin admin) throws Exception {
    var partition = new TopicPartition(topic(), job.get("partition").asInt());
    JsonNode at = job.get("at");
    OffsetSpec wanted = at.isNumber() ? OffsetSpec.forTimestamp(at.asLong())
        : switch (at.asText()) {
          case "earliest" -> OffsetSpec.earliest();
          case "max_timestamp" -> OffsetSpec.maxTimestamp();
          default -> OffsetSpec.latest();
        };
    var told = admin.listOffsets(Map.of(partition, wanted)).partitionResult(partition).get();
    line.put("offset", told.offset()).put("timestamp", told.timestamp());
  }
}
