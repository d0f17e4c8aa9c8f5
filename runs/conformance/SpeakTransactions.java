import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.*;

/** What transactional producers ask their coordinator, and a group's, in the versions that clients of 3.9 speak. */
class SpeakTransactions {
  static ObjectNode addPartitions(JsonNode step) throws Exception {
    List<TopicPartition> partitions = new ArrayList<>();
    step.get("partitions").forEach(partition -> partitions.add(new TopicPartition(step.get("topic").asText(), partition.asInt())));
    AddPartitionsToTxnRequest.Builder builder = AddPartitionsToTxnRequest.Builder.forClient(step.get("transactionalId").asText(), step.get("producerId").asLong(), epoch(step), partitions);
    return Speak.ask(step, builder, 3, response -> {
      ObjectNode answer = Speak.json.createObjectNode();
      for (AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResult topic : ((AddPartitionsToTxnResponse) response).data().resultsByTopicV3AndBelow()) {
        topic.resultsByPartition().stream().sorted((a, b) -> a.partitionIndex() - b.partitionIndex()).forEach(one -> answer.put(String.valueOf(one.partitionIndex()), Errors.forCode(one.partitionErrorCode()).name()));
      }
      return answer;
    });
  }

  static ObjectNode addOffsets(JsonNode step) throws Exception {
    AddOffsetsToTxnRequestData data = new AddOffsetsToTxnRequestData().setTransactionalId(step.get("transactionalId").asText()).setProducerId(step.get("producerId").asLong()).setProducerEpoch(epoch(step)).setGroupId(step.get("groupId").asText());
    return Speak.ask(step, new AddOffsetsToTxnRequest.Builder(data), 4, response -> Speak.error(((AddOffsetsToTxnResponse) response).data().errorCode()));
  }

  static ObjectNode commitOffsets(JsonNode step) throws Exception {
    Map<TopicPartition, TxnOffsetCommitRequest.CommittedOffset> offsets = new HashMap<>();
    step.get("offsets").fields().forEachRemaining(e -> offsets.put(new TopicPartition(step.get("topic").asText(), Integer.parseInt(e.getKey())), new TxnOffsetCommitRequest.CommittedOffset(e.getValue().asLong(), "", Optional.empty())));
    TxnOffsetCommitRequest.Builder builder = new TxnOffsetCommitRequest.Builder(step.get("transactionalId").asText(), step.get("groupId").asText(), step.get("producerId").asLong(), epoch(step), offsets, Speak.text(step, "memberId", ""), Speak.number(step, "generation", -1), Optional.ofNullable(Speak.text(step, "instance")));
    return Speak.ask(step, builder, 4, response -> {
      ObjectNode answer = Speak.json.createObjectNode();
      ((TxnOffsetCommitResponse) response).data().topics().get(0).partitions().stream().sorted((a, b) -> a.partitionIndex() - b.partitionIndex()).forEach(one -> answer.put(String.valueOf(one.partitionIndex()), Errors.forCode(one.errorCode()).name()));
      return answer;
    });
  }

  static ObjectNode end(JsonNode step) throws Exception {
    EndTxnRequestData data = new EndTxnRequestData().setTransactionalId(step.get("transactionalId").asText()).setProducerId(step.get("producerId").asLong()).setProducerEpoch(epoch(step)).setCommitted(step.get("commit").asBoolean());
    return Speak.ask(step, new EndTxnRequest.Builder(data), 4, response -> Speak.error(((EndTxnResponse) response).data().errorCode()));
  }

  static short epoch(JsonNode step) {
    return (short) step.get("producerEpoch").asInt();
  }
}
