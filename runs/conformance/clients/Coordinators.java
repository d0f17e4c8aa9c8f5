import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Field;
import java.nio.charset.StandardCharsets;
import kafka.coordinator.group.GroupMetadataManager;
import kafka.coordinator.transaction.TransactionStateManager;

/** Asks the broker's own classes into which partition of __consumer_offsets and of __transaction_state an id falls. */
public class Coordinators {
  public static void main(String[] arguments) throws Exception {
    ObjectMapper json = new ObjectMapper();
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode asked = json.readTree(line);
      int partitions = asked.get("partitions").asInt();
      GroupMetadataManager groups = blank(GroupMetadataManager.class, "groupMetadataTopicPartitionCount", partitions);
      TransactionStateManager transactions = blank(TransactionStateManager.class, "transactionTopicPartitionCount", partitions);
      String id = asked.get("id").asText();
      System.out.println(json.createObjectNode().put("group", groups.partitionFor(id)).put("transaction", transactions.partitionFor(id)));
      System.out.flush();
    }
  }

  /** One that was never started: it knows nothing but how many partitions its topic has. */
  static <T> T blank(Class<T> type, String field, int partitions) throws Exception {
    Field unsafe = sun.misc.Unsafe.class.getDeclaredField("theUnsafe");
    unsafe.setAccessible(true);
    T made = type.cast(((sun.misc.Unsafe) unsafe.get(null)).allocateInstance(type));
    Field count = type.getDeclaredField(field);
    count.setAccessible(true);
    count.setInt(made, partitions);
    return made;
  }
}
