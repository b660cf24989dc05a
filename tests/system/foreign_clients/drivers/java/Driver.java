import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Properties;
import org.apache.kafka.common.protocol.Errors;

/** The contract of drivers (README.md of the folder) on Apache's Java client: one job per line of standard input. */
public class Driver {
  static final ObjectMapper JSON = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      ObjectNode done = JSON.createObjectNode();
      try {
        JsonNode job = JSON.readTree(line);
        switch (job.get("do").asText()) {
          case "produce" -> new ProduceJob(job).run();
          case "consume" -> new ConsumeJob(job).run();
          case "admin" -> new AdminJob(job).run();
          default -> throw new IllegalArgumentException("unknown job");
        }
        done.put("done", true);
      } catch (Throwable failure) {
        done.put("done", false).put("error", failure.toString()).put("code", codeOf(failure));
      }
      say(done);
    }
  }

  static synchronized void say(ObjectNode line) {
    System.out.println(line);
    System.out.flush();
  }

  static Properties properties(JsonNode job) {
    Properties made = new Properties();
    made.put("bootstrap.servers", job.get("brokers").asText());
    return made;
  }

  /** The protocol's number of the error, through the wrappers that futures put around it. */
  static int codeOf(Throwable failure) {
    Throwable cause = failure;
    while (cause.getCause() != null && !(cause instanceof org.apache.kafka.common.errors.ApiException)) {
      cause = cause.getCause();
    }
    return Errors.forException(cause).code();
  }

  static byte[] bytes(JsonNode text) {
    return text == null || text.isNull() ? null : Base64.getDecoder().decode(text.asText());
  }

  static String text(byte[] bytes) {
    return bytes == null ? null : Base64.getEncoder().encodeToString(bytes);
  }
}
