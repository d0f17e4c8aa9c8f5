import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.nio.charset.StandardCharsets;
import java.util.*;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.clients.producer.Partitioner;
import org.apache.kafka.common.*;
import org.apache.kafka.common.serialization.StringSerializer;
import org.apache.kafka.common.utils.LogContext;
import org.apache.kafka.common.utils.Utils;

/**
 * Plays the cases of partitionings.mjs to a release's own partitioners: a line in; out come the partitions, and the random
 * numbers that were there to be drawn.
 */
public class Partitioners {
  static final ObjectMapper json = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode asked = json.readTree(line);
      ObjectNode answer = json.createObjectNode();
      if (asked.has("key")) answer.put("partition", keyed(asked));
      else play(asked, answer);
      System.out.println(json.writeValueAsString(answer));
      System.out.flush();
    }
  }

  static int keyed(JsonNode asked) {
    byte[] key = new StringSerializer().serialize("t", asked.get("key").asText());
    return Utils.toPositive(Utils.murmur2(key)) % asked.get("partitions").asInt();
  }

  static void play(JsonNode asked, ObjectNode answer) throws Exception {
    seed(asked.get("seed").asLong());
    ArrayNode draws = answer.putArray("draws");
    for (int i = 0; i < asked.get("draw").asInt(); i++) draws.add(ThreadLocalRandom.current().nextInt());
    seed(asked.get("seed").asLong());
    ArrayNode partitions = answer.putArray("partitions");
    Player player = asked.has("class") ? new ClassPlayer(asked) : new BuiltInPlayer(asked);
    Cluster cluster = cluster(asked.get("count").asInt(), null);
    for (JsonNode step : asked.get("steps")) {
      if (step.has("available")) cluster = cluster(asked.get("count").asInt(), step.get("available"));
      partitions.add(player.play(step, cluster));
    }
  }

  /** What ThreadLocalRandom draws from now on in this thread. */
  static void seed(long seed) throws Exception {
    ThreadLocalRandom.current();
    Field field = Thread.class.getDeclaredField("threadLocalRandomSeed");
    field.setAccessible(true);
    field.setLong(Thread.currentThread(), seed);
  }

  static Cluster cluster(int count, JsonNode available) {
    Node node = new Node(1, "host", 9092);
    Set<Integer> led = new HashSet<>();
    if (available == null) for (int i = 0; i < count; i++) led.add(i);
    else available.forEach(partition -> led.add(partition.asInt()));
    List<PartitionInfo> infos = new ArrayList<>();
    for (int i = 0; i < count; i++) infos.add(new PartitionInfo("t", i, led.contains(i) ? node : null, new Node[] {node}, new Node[] {node}));
    return new Cluster("cluster", List.of(node), infos, Set.of(), Set.of());
  }

  interface Player {
    /** The partition that records without a key go to now; -1: it was not asked. */
    int play(JsonNode step, Cluster cluster) throws Exception;
  }

  static class ClassPlayer implements Player {
    final Partitioner partitioner;

    ClassPlayer(JsonNode asked) throws Exception {
      partitioner = (Partitioner) Class.forName(asked.get("class").asText()).getDeclaredConstructor().newInstance();
    }

    public int play(JsonNode step, Cluster cluster) throws Exception {
      if (step.get("do").asText().equals("partition")) return partitioner.partition("t", null, null, null, new byte[0], cluster);
      Partitioner.class.getMethod("onNewBatch", String.class, Cluster.class, int.class).invoke(partitioner, "t", cluster, step.get("partition").asInt());
      return -1;
    }
  }

  /** BuiltInPartitioner, which came with 3.3. */
  static class BuiltInPlayer implements Player {
    final int count;
    final Object partitioner;
    final Method peek;
    final Method update;
    final Method load;

    BuiltInPlayer(JsonNode asked) throws Exception {
      count = asked.get("count").asInt();
      Class<?> type = Class.forName("org.apache.kafka.clients.producer.internals.BuiltInPartitioner");
      partitioner = type.getConstructor(LogContext.class, String.class, int.class).newInstance(new LogContext(), "t", asked.get("batchSize").asInt());
      Class<?> info = Class.forName(type.getName() + "$StickyPartitionInfo");
      peek = open(type.getDeclaredMethod("peekCurrentPartitionInfo", Cluster.class));
      update = open(type.getDeclaredMethod("updatePartitionInfo", info, int.class, Cluster.class, boolean.class));
      load = open(type.getDeclaredMethod("updatePartitionLoadStats", int[].class, int[].class, int.class));
    }

    static Method open(Method method) {
      method.setAccessible(true);
      return method;
    }

    public int play(JsonNode step, Cluster cluster) throws Exception {
      if (step.get("do").asText().equals("load")) {
        load(step);
        return -1;
      }
      update.invoke(partitioner, peek.invoke(partitioner, cluster), step.get("bytes").asInt(), cluster, step.get("full").asBoolean());
      Object info = peek.invoke(partitioner, cluster);
      return (int) open(info.getClass().getDeclaredMethod("partition")).invoke(info);
    }

    void load(JsonNode step) throws Exception {
      if (!step.has("lengths")) {
        load.invoke(partitioner, null, null, 0);
        return;
      }
      int[] sizes = new int[count];
      int[] ids = new int[count];
      int length = step.get("lengths").size();
      for (int i = 0; i < length; i++) {
        sizes[i] = step.get("lengths").get(i).asInt();
        ids[i] = step.get("partitions").get(i).asInt();
      }
      load.invoke(partitioner, sizes, ids, length);
    }
  }
}
