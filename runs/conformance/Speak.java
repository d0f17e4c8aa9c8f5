import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.File;
import java.io.InputStreamReader;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.apache.kafka.common.IsolationLevel;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.requests.*;

/**
 * Speaks Kafka's protocol, one request at a time, with Kafka's own classes: a line of JSON in, a line of JSON out. What
 * it answers is what the broker answered, so that the model can be held against it.
 */
public class Speak {
  static final ObjectMapper json = new ObjectMapper();
  static final Map<Integer, Integer> ports = new HashMap<>();
  static final Map<String, Uuid> topicIds = new HashMap<>();
  static int correlation = 0;

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      ObjectNode answer;
      try {
        answer = answer(json.readTree(line));
      } catch (Exception e) {
        answer = json.createObjectNode().put("failed", e.toString());
      }
      System.out.println(json.writeValueAsString(answer));
      System.out.flush();
    }
  }

  static ObjectNode answer(JsonNode step) throws Exception {
    switch (step.get("do").asText()) {
      case "brokers": step.get("ports").fields().forEachRemaining(e -> ports.put(Integer.valueOf(e.getKey()), e.getValue().asInt())); return json.createObjectNode();
      case "create": return create(step);
      case "delete": return delete(step);
      case "configure": return configure(step);
      case "metadata": return metadata(step);
      case "produce": return produce(step);
      case "fetch": return fetch(step);
      case "list-offsets": return listOffsets(step);
      case "offset-for-leader-epoch": return offsetForLeaderEpoch(step);
      case "init-producer-id": return initProducerId(step);
      case "elect": return elect(step);
      case "elect-preferred": return electPreferred(step);
      case "delete-records": return deleteRecords(step);
      case "dump": return dump(step);
      case "answer": return answerOf(step.get("of").asText());
      case "find-coordinator": return SpeakGroups.findCoordinator(step);
      case "join-group": return SpeakGroups.join(step);
      case "sync-group": return SpeakGroups.sync(step);
      case "heartbeat": return SpeakGroups.heartbeat(step);
      case "leave-group": return SpeakGroups.leave(step);
      case "offset-commit": return SpeakGroups.commit(step);
      case "offset-fetch": return SpeakGroups.fetch(step);
      case "add-partitions": return SpeakTransactions.addPartitions(step);
      case "add-offsets": return SpeakTransactions.addOffsets(step);
      case "txn-offset-commit": return SpeakTransactions.commitOffsets(step);
      case "end-txn": return SpeakTransactions.end(step);
      default: throw new IllegalArgumentException("no such step: " + step);
    }
  }

  // ------------------------------------------------------------------ requests about topics

  static ObjectNode create(JsonNode step) throws Exception {
    CreateTopicsRequestData.CreatableTopic topic = new CreateTopicsRequestData.CreatableTopic().setName(step.get("topic").asText()).setNumPartitions(-1).setReplicationFactor((short) -1);
    int index = 0;
    for (JsonNode replicas : step.get("assignment")) {
      List<Integer> ids = new ArrayList<>();
      replicas.forEach(id -> ids.add(id.asInt()));
      topic.assignments().add(new CreateTopicsRequestData.CreatableReplicaAssignment().setPartitionIndex(index++).setBrokerIds(ids));
    }
    if (step.has("settings")) {
      step.get("settings").fields().forEachRemaining(e -> topic.configs().add(new CreateTopicsRequestData.CreatableTopicConfig().setName(e.getKey()).setValue(e.getValue().asText())));
    }
    CreateTopicsRequestData data = new CreateTopicsRequestData().setTimeoutMs(15000);
    data.topics().add(topic);
    CreateTopicsResponse response = (CreateTopicsResponse) send(step, new CreateTopicsRequest.Builder(data));
    CreateTopicsResponseData.CreatableTopicResult result = response.data().topics().iterator().next();
    if (result.errorCode() == 0) topicIds.put(result.name(), result.topicId());
    return error(result.errorCode());
  }

  static ObjectNode delete(JsonNode step) throws Exception {
    DeleteTopicsRequestData data = new DeleteTopicsRequestData().setTimeoutMs(15000);
    data.topics().add(new DeleteTopicsRequestData.DeleteTopicState().setName(step.get("topic").asText()));
    DeleteTopicsResponse response = (DeleteTopicsResponse) send(step, new DeleteTopicsRequest.Builder(data));
    return error(response.data().responses().iterator().next().errorCode());
  }

  static ObjectNode configure(JsonNode step) throws Exception {
    IncrementalAlterConfigsRequestData data = new IncrementalAlterConfigsRequestData();
    IncrementalAlterConfigsRequestData.AlterableConfigCollection configs = new IncrementalAlterConfigsRequestData.AlterableConfigCollection();
    step.get("settings").fields().forEachRemaining(e -> configs.add(new IncrementalAlterConfigsRequestData.AlterableConfig().setName(e.getKey()).setValue(e.getValue().asText()).setConfigOperation((byte) 0)));
    data.resources().add(new IncrementalAlterConfigsRequestData.AlterConfigsResource().setResourceType((byte) 2).setResourceName(step.get("topic").asText()).setConfigs(configs));
    IncrementalAlterConfigsResponse response = (IncrementalAlterConfigsResponse) send(step, new IncrementalAlterConfigsRequest.Builder(data));
    return error(response.data().responses().get(0).errorCode());
  }

  static ObjectNode metadata(JsonNode step) throws Exception {
    MetadataResponse response = (MetadataResponse) send(step, new MetadataRequest.Builder(List.of(step.get("topic").asText()), false));
    MetadataResponseData.MetadataResponseTopic topic = response.data().topics().iterator().next();
    ObjectNode answer = error(topic.errorCode());
    answer.set("brokers", numbers(response.data().brokers().stream().map(b -> b.nodeId()).sorted().toList()));
    for (MetadataResponseData.MetadataResponsePartition p : topic.partitions()) {
      if (p.partitionIndex() != partition(step)) continue;
      answer.put("partitionError", Errors.forCode(p.errorCode()).name());
      answer.put("leader", p.leaderId()).put("leaderEpoch", p.leaderEpoch());
      answer.set("isr", numbers(p.isrNodes().stream().sorted().toList()));
    }
    return answer;
  }

  static ObjectNode elect(JsonNode step) throws Exception {
    org.apache.kafka.common.ElectionType type = step.get("type").asText().equals("unclean") ? org.apache.kafka.common.ElectionType.UNCLEAN : org.apache.kafka.common.ElectionType.PREFERRED;
    ElectLeadersResponse response = (ElectLeadersResponse) send(step, new ElectLeadersRequest.Builder(type, List.of(topicPartition(step)), 15000));
    if (response.data().errorCode() != 0) return error(response.data().errorCode());
    return error(response.data().replicaElectionResults().get(0).partitionResult().get(0).errorCode());
  }

  /** Of all partitions. */
  static ObjectNode electPreferred(JsonNode step) throws Exception {
    ElectLeadersResponse response = (ElectLeadersResponse) send(step, new ElectLeadersRequest.Builder(org.apache.kafka.common.ElectionType.PREFERRED, null, 15000));
    return error(response.data().errorCode());
  }

  static ObjectNode deleteRecords(JsonNode step) throws Exception {
    DeleteRecordsRequestData data = new DeleteRecordsRequestData().setTimeoutMs(15000);
    DeleteRecordsRequestData.DeleteRecordsTopic topic = new DeleteRecordsRequestData.DeleteRecordsTopic().setName(step.get("topic").asText());
    topic.partitions().add(new DeleteRecordsRequestData.DeleteRecordsPartition().setPartitionIndex(partition(step)).setOffset(step.get("offset").asLong()));
    data.topics().add(topic);
    DeleteRecordsResponse response = (DeleteRecordsResponse) send(step, new DeleteRecordsRequest.Builder(data));
    DeleteRecordsResponseData.DeleteRecordsPartitionResult result = response.data().topics().iterator().next().partitions().iterator().next();
    return error(result.errorCode()).put("lowWatermark", result.lowWatermark());
  }

  // ------------------------------------------------------------------ produce and fetch

  static ObjectNode produce(JsonNode step) throws Exception {
    List<SimpleRecord> records = new ArrayList<>();
    step.get("values").forEach(value -> records.add(new SimpleRecord(System.currentTimeMillis(), null, value.asText().getBytes(StandardCharsets.UTF_8))));
    MemoryRecords batch;
    if (step.has("transactionalId")) {
      batch = MemoryRecords.withTransactionalRecords(Compression.NONE, step.get("producerId").asLong(), (short) step.get("producerEpoch").asInt(), step.get("baseSequence").asInt(), records.toArray(new SimpleRecord[0]));
    } else if (step.has("producerId")) {
      batch = MemoryRecords.withIdempotentRecords(Compression.NONE, step.get("producerId").asLong(), (short) step.get("producerEpoch").asInt(), step.get("baseSequence").asInt(), records.toArray(new SimpleRecord[0]));
    } else {
      batch = MemoryRecords.withRecords(Compression.NONE, records.toArray(new SimpleRecord[0]));
    }
    ProduceRequestData data = new ProduceRequestData().setAcks((short) step.get("acks").asInt()).setTimeoutMs(step.has("timeoutMs") ? step.get("timeoutMs").asInt() : 10000);
    ProduceRequestData.TopicProduceData topic = new ProduceRequestData.TopicProduceData().setName(step.get("topic").asText());
    topic.partitionData().add(new ProduceRequestData.PartitionProduceData().setIndex(partition(step)).setRecords(batch));
    data.topicData().add(topic);
    // From version 11 on a client understands TRANSACTION_ABORTABLE (KIP-890).
    short version = (short) (step.has("transactionalId") ? 11 : 9);
    if (step.has("transactionalId")) data.setTransactionalId(step.get("transactionalId").asText());
    if (data.acks() == 0) {
      sendOnly(step, new ProduceRequest.Builder((short) 9, (short) 9, data));
      return json.createObjectNode();
    }
    ProduceResponse response = (ProduceResponse) send(step, new ProduceRequest.Builder(version, version, data));
    ProduceResponseData.PartitionProduceResponse result = response.data().responses().iterator().next().partitionResponses().get(0);
    return error(result.errorCode()).put("baseOffset", result.baseOffset()).put("logStartOffset", result.logStartOffset());
  }

  static ObjectNode fetch(JsonNode step) throws Exception {
    Optional<Integer> currentEpoch = step.has("currentLeaderEpoch") ? Optional.of(step.get("currentLeaderEpoch").asInt()) : Optional.empty();
    Optional<Integer> lastFetched = step.has("lastFetchedEpoch") ? Optional.of(step.get("lastFetchedEpoch").asInt()) : Optional.empty();
    FetchRequest.PartitionData wanted = new FetchRequest.PartitionData(topicIds.getOrDefault(step.get("topic").asText(), Uuid.ZERO_UUID), step.get("offset").asLong(), step.has("logStartOffset") ? step.get("logStartOffset").asLong() : -1L, 1048576, currentEpoch, lastFetched);
    Map<TopicPartition, FetchRequest.PartitionData> all = new LinkedHashMap<>();
    all.put(topicPartition(step), wanted);
    int wait = step.has("maxWaitMs") ? step.get("maxWaitMs").asInt() : 0;
    FetchRequest.Builder builder = step.has("replicaId")
        ? FetchRequest.Builder.forReplica((short) 17, step.get("replicaId").asInt(), step.has("replicaEpoch") ? step.get("replicaEpoch").asLong() : -1L, wait, 1, all)
        : FetchRequest.Builder.forConsumer((short) 12, wait, 1, all);
    builder.isolationLevel(isolation(step));
    FetchResponse response = (FetchResponse) send(step, builder.setMaxBytes(10485760));
    if (response.data().errorCode() != 0) return json.createObjectNode().put("requestError", Errors.forCode(response.data().errorCode()).name());
    FetchResponseData.PartitionData result = response.data().responses().get(0).partitions().get(0);
    ObjectNode answer = error(result.errorCode()).put("highWatermark", result.highWatermark()).put("lastStableOffset", result.lastStableOffset()).put("logStartOffset", result.logStartOffset());
    if (result.divergingEpoch().epoch() >= 0) answer.put("divergingEpoch", result.divergingEpoch().epoch()).put("divergingEndOffset", result.divergingEpoch().endOffset());
    if (step.has("isolation")) {
      ArrayNode aborted = answer.putArray("aborted");
      if (result.abortedTransactions() != null) result.abortedTransactions().forEach(one -> aborted.addObject().put("producerId", one.producerId()).put("firstOffset", one.firstOffset()));
    }
    answer.set("batches", batches(FetchResponse.recordsOrFail(result).batches(), step.get("offset").asLong()));
    return answer;
  }

  static IsolationLevel isolation(JsonNode step) {
    return step.has("isolation") && step.get("isolation").asText().equals("read_committed") ? IsolationLevel.READ_COMMITTED : IsolationLevel.READ_UNCOMMITTED;
  }

  static ObjectNode listOffsets(JsonNode step) throws Exception {
    ListOffsetsRequestData.ListOffsetsPartition wanted = new ListOffsetsRequestData.ListOffsetsPartition().setPartitionIndex(partition(step)).setTimestamp(step.get("at").asText().equals("earliest") ? -2L : -1L);
    if (step.has("currentLeaderEpoch")) wanted.setCurrentLeaderEpoch(step.get("currentLeaderEpoch").asInt());
    ListOffsetsRequestData.ListOffsetsTopic topic = new ListOffsetsRequestData.ListOffsetsTopic().setName(step.get("topic").asText());
    topic.partitions().add(wanted);
    ListOffsetsRequest.Builder builder = ListOffsetsRequest.Builder.forConsumer(false, isolation(step)).setTargetTimes(List.of(topic));
    ListOffsetsResponse response = (ListOffsetsResponse) send(step, builder);
    ListOffsetsResponseData.ListOffsetsPartitionResponse result = response.topics().get(0).partitions().get(0);
    return error(result.errorCode()).put("offset", result.offset()).put("leaderEpoch", result.leaderEpoch());
  }

  static ObjectNode offsetForLeaderEpoch(JsonNode step) throws Exception {
    OffsetForLeaderEpochRequestData.OffsetForLeaderPartition wanted = new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition().setPartition(partition(step)).setLeaderEpoch(step.get("leaderEpoch").asInt());
    if (step.has("currentLeaderEpoch")) wanted.setCurrentLeaderEpoch(step.get("currentLeaderEpoch").asInt());
    OffsetForLeaderEpochRequestData.OffsetForLeaderTopic topic = new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic().setTopic(step.get("topic").asText());
    topic.partitions().add(wanted);
    OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection topics = new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
    topics.add(topic);
    OffsetsForLeaderEpochResponse response = (OffsetsForLeaderEpochResponse) send(step, OffsetsForLeaderEpochRequest.Builder.forConsumer(topics));
    OffsetForLeaderEpochResponseData.EpochEndOffset result = response.data().topics().iterator().next().partitions().get(0);
    return error(result.errorCode()).put("leaderEpoch", result.leaderEpoch()).put("endOffset", result.endOffset());
  }

  static ObjectNode initProducerId(JsonNode step) throws Exception {
    InitProducerIdRequestData data = new InitProducerIdRequestData().setTransactionTimeoutMs(step.has("timeoutMs") ? step.get("timeoutMs").asInt() : 60000);
    if (step.has("producerId")) data.setProducerId(step.get("producerId").asLong()).setProducerEpoch((short) step.get("producerEpoch").asInt());
    data.setTransactionalId(step.has("transactionalId") ? step.get("transactionalId").asText() : null);
    InitProducerIdResponse response = (InitProducerIdResponse) send(step, new InitProducerIdRequest.Builder(data));
    return error(response.data().errorCode()).put("producerId", response.data().producerId()).put("producerEpoch", response.data().producerEpoch());
  }

  // ------------------------------------------------------------------ logs on disk

  static ObjectNode dump(JsonNode step) throws Exception {
    try (FileRecords records = FileRecords.open(new File(step.get("file").asText()), false)) {
      ObjectNode answer = json.createObjectNode();
      answer.set("batches", batches(records.batches(), 0));
      return answer;
    }
  }

  static ArrayNode batches(Iterable<? extends RecordBatch> batches, long from) {
    ArrayNode list = json.createArrayNode();
    for (RecordBatch batch : batches) {
      if (batch.lastOffset() < from) continue;
      ObjectNode one = list.addObject().put("baseOffset", batch.baseOffset()).put("leaderEpoch", batch.partitionLeaderEpoch()).put("baseSequence", batch.baseSequence());
      if (batch.isControlBatch()) one.put("marker", ControlRecordType.parse(batch.iterator().next().key()).name());
      ArrayNode values = one.putArray("values");
      if (batch.isValid()) for (org.apache.kafka.common.record.Record record : batch) if (!batch.isControlBatch()) values.add(Integer.parseInt(StandardCharsets.UTF_8.decode(record.value()).toString()));
      if (!batch.isValid()) one.put("damaged", true);
    }
    return list;
  }

  // ------------------------------------------------------------------ the wire

  static AbstractResponse send(JsonNode step, AbstractRequest.Builder<?> builder) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", ports.get(step.get("to").asInt()))) {
      RequestHeader header = write(socket, builder);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      ByteBuffer buffer = ByteBuffer.wrap(in.readNBytes(in.readInt()));
      return AbstractResponse.parseResponse(buffer, header);
    }
  }

  /** A request that was sent and is answered later, and what its answer says. */
  record Open(Socket socket, RequestHeader header, Function<AbstractResponse, ObjectNode> read) {}

  static final Map<String, Open> open = new HashMap<>();

  /** Answered at once; or, if the step says `later`, under that name. */
  static ObjectNode ask(JsonNode step, AbstractRequest.Builder<?> builder, int version, Function<AbstractResponse, ObjectNode> read) throws Exception {
    Socket socket = new Socket("127.0.0.1", ports.get(step.get("to").asInt()));
    Open asked = new Open(socket, write(socket, builder, (short) version), read);
    String name = step.has("later") ? step.get("later").asText() : "";
    open.put(name, asked);
    return step.has("later") ? json.createObjectNode() : answerOf(name);
  }

  static ObjectNode answerOf(String name) throws Exception {
    Open asked = open.remove(name);
    try (Socket socket = asked.socket) {
      DataInputStream in = new DataInputStream(socket.getInputStream());
      return asked.read.apply(AbstractResponse.parseResponse(ByteBuffer.wrap(in.readNBytes(in.readInt())), asked.header));
    }
  }

  static void sendOnly(JsonNode step, AbstractRequest.Builder<?> builder) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", ports.get(step.get("to").asInt()))) {
      write(socket, builder);
      socket.shutdownOutput();
      socket.getInputStream().read();
    }
  }

  static RequestHeader write(Socket socket, AbstractRequest.Builder<?> builder) throws Exception {
    return write(socket, builder, builder.latestAllowedVersion());
  }

  static RequestHeader write(Socket socket, AbstractRequest.Builder<?> builder, short version) throws Exception {
    socket.setSoTimeout(60000);
    socket.setTcpNoDelay(true);
    AbstractRequest request = builder.build(version);
    RequestHeader header = new RequestHeader(builder.apiKey(), request.version(), "exchange", ++correlation);
    ByteBuffer body = request.serializeWithHeader(header);
    ByteBuffer framed = ByteBuffer.allocate(4 + body.remaining());
    framed.putInt(body.remaining()).put(body).flip();
    socket.getOutputStream().write(framed.array());
    socket.getOutputStream().flush();
    return header;
  }

  // ------------------------------------------------------------------ small things

  static ObjectNode error(short code) {
    return json.createObjectNode().put("error", Errors.forCode(code).name());
  }

  /** Left out or null: null. */
  static String text(JsonNode step, String field) {
    return step.hasNonNull(field) ? step.get(field).asText() : null;
  }

  static String text(JsonNode step, String field, String otherwise) {
    return step.has(field) ? step.get(field).asText() : otherwise;
  }

  static int number(JsonNode step, String field, int otherwise) {
    return step.has(field) ? step.get(field).asInt() : otherwise;
  }

  static int partition(JsonNode step) {
    return step.has("partition") ? step.get("partition").asInt() : 0;
  }

  static TopicPartition topicPartition(JsonNode step) {
    return new TopicPartition(step.get("topic").asText(), partition(step));
  }

  static ArrayNode numbers(List<Integer> list) {
    ArrayNode array = json.createArrayNode();
    list.forEach(array::add);
    return array;
  }
}
