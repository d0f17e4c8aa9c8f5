import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.clients.consumer.*;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.*;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.*;

/** Plays the rebalances of rebalances.mjs to Kafka's own assignors: a line {assignor, topics, racks, rounds} in, what each member got in each round out. */
public class Assignors {
  static final ObjectMapper json = new ObjectMapper();

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      System.out.println(json.writeValueAsString(new Assignors(json.readTree(line)).play()));
      System.out.flush();
    }
  }

  /** A consumer: its assignor remembers, and so does its coordinator. */
  class Member {
    final ConsumerPartitionAssignor assignor = newAssignor();
    List<TopicPartition> owned = List.of();
    int generation = -1;

    void isTold(List<TopicPartition> partitions, int generation, String id) {
      assignor.onAssignment(new Assignment(partitions), new ConsumerGroupMetadata("group", generation, id, Optional.empty()));
      this.owned = partitions;
      this.generation = generation;
    }
  }

  final JsonNode rebalances;
  final List<String> topics = new ArrayList<>();
  final List<TopicPartition> partitions = new ArrayList<>();
  final Map<TopicPartition, Integer> numbers = new HashMap<>();
  final Cluster cluster;
  final Map<String, Member> members = new HashMap<>();

  Assignors(JsonNode rebalances) {
    this.rebalances = rebalances;
    Map<String, Node> nodes = new LinkedHashMap<>();
    List<PartitionInfo> infos = new ArrayList<>();
    rebalances.get("topics").fields().forEachRemaining(topic -> {
      int at = topics.size();
      topics.add(topic.getKey());
      for (int index = 0; index < topic.getValue().asInt(); index++) {
        TopicPartition partition = new TopicPartition(topic.getKey(), index);
        numbers.put(partition, partitions.size());
        partitions.add(partition);
        List<Node> replicas = new ArrayList<>();
        if (rebalances.has("racks"))
          for (JsonNode rack : rebalances.get("racks").get(at).get(index))
            replicas.add(nodes.computeIfAbsent(rack.asText(), name -> new Node(nodes.size(), "host", 9092, name)));
        else replicas.add(nodes.computeIfAbsent("", name -> new Node(nodes.size(), "host", 9092)));
        Node[] array = replicas.toArray(new Node[0]);
        infos.add(new PartitionInfo(topic.getKey(), index, array[0], array, array));
      }
    });
    cluster = new Cluster("cluster", nodes.values(), infos, Set.of(), Set.of());
  }

  ConsumerPartitionAssignor newAssignor() {
    switch (rebalances.get("assignor").asText()) {
      case "range": return new RangeAssignor();
      case "roundrobin": return new RoundRobinAssignor();
      case "sticky": return new StickyAssignor();
      default: return new CooperativeStickyAssignor();
    }
  }

  ArrayNode play() {
    ArrayNode answers = json.createArrayNode();
    int generation = 0;
    for (JsonNode round : rebalances.get("rounds")) answers.add(rebalance(round.get("members"), ++generation));
    return answers;
  }

  JsonNode rebalance(JsonNode joining, int generation) {
    Map<String, Subscription> subscriptions = new HashMap<>();
    for (JsonNode each : joining) subscriptions.put(each.get("id").asText(), subscribe(each));
    ConsumerPartitionAssignor leader = members.get(joining.get(0).get("id").asText()).assignor;
    Map<String, Assignment> assigned;
    try {
      assigned = leader.assign(cluster, new GroupSubscription(subscriptions)).groupAssignment();
    } catch (RuntimeException e) {
      return json.createObjectNode().put("failed", e.toString());
    }
    ArrayNode answer = json.createArrayNode();
    for (JsonNode each : joining) {
      String id = each.get("id").asText();
      ArrayNode own = answer.addArray();
      assigned.get(id).partitions().forEach(partition -> own.add(numbers.get(partition)));
      Assignment received = ConsumerProtocol.deserializeAssignment(ConsumerProtocol.serializeAssignment(assigned.get(id)));
      if (!each.has("misses")) members.get(id).isTold(received.partitions(), generation, id);
    }
    return answer;
  }

  /** What ConsumerCoordinator.metadata sends, as ConsumerCoordinator.onLeaderElected reads it. */
  Subscription subscribe(JsonNode each) {
    String id = each.get("id").asText();
    Member member = members.computeIfAbsent(id, unused -> new Member());
    if (each.has("told")) {
      List<TopicPartition> told = new ArrayList<>();
      each.get("told").get("partitions").forEach(number -> told.add(partitions.get(number.asInt())));
      member.isTold(told, each.get("told").get("generation").asInt(), id);
    }
    List<String> subscribed = new ArrayList<>();
    each.get("topics").forEach(topic -> subscribed.add(topics.get(topic.asInt())));
    boolean eager = !member.assignor.supportedProtocols().contains(RebalanceProtocol.COOPERATIVE);
    Optional<String> rack = each.has("rack") ? Optional.of(each.get("rack").asText()) : Optional.empty();
    Subscription sent = new Subscription(subscribed, member.assignor.subscriptionUserData(new HashSet<>(subscribed)), eager ? List.of() : member.owned, member.generation, rack);
    Subscription received = ConsumerProtocol.deserializeSubscription(ConsumerProtocol.serializeSubscription(sent));
    received.setGroupInstanceId(each.has("instance") ? Optional.of(each.get("instance").asText()) : Optional.empty());
    return received;
  }
}
