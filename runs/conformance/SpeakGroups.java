import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Assignment;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.*;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.*;

/** What members of groups ask their coordinator: the classic protocol and offsets, in the versions that clients of 3.9 speak. */
class SpeakGroups {
  static ObjectNode findCoordinator(JsonNode step) throws Exception {
    boolean isGroup = step.has("groupId");
    FindCoordinatorRequestData data = new FindCoordinatorRequestData().setKeyType((byte) (isGroup ? 0 : 1));
    data.setCoordinatorKeys(List.of(step.get(isGroup ? "groupId" : "transactionalId").asText()));
    return Speak.ask(step, new FindCoordinatorRequest.Builder(data), 4, response -> {
      FindCoordinatorResponseData.Coordinator found = ((FindCoordinatorResponse) response).data().coordinators().get(0);
      return Speak.error(found.errorCode()).put("node", found.nodeId());
    });
  }

  static ObjectNode join(JsonNode step) throws Exception {
    JoinGroupRequestData data = new JoinGroupRequestData().setGroupId(step.get("groupId").asText()).setMemberId(Speak.text(step, "memberId", "")).setGroupInstanceId(Speak.text(step, "instance"));
    data.setSessionTimeoutMs(Speak.number(step, "sessionTimeoutMs", 60000)).setRebalanceTimeoutMs(60000).setProtocolType(Speak.text(step, "type", "consumer"));
    JoinGroupRequestData.JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
    byte[] metadata = bytes(ConsumerProtocol.serializeSubscription(new Subscription(List.of(step.get("topic").asText()), ByteBuffer.wrap(new byte[] {(byte) Speak.number(step, "userData", 0)}))));
    if (!step.has("protocols")) protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range").setMetadata(metadata));
    else step.get("protocols").forEach(name -> protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName(name.asText()).setMetadata(metadata)));
    data.setProtocols(protocols);
    return Speak.ask(step, new JoinGroupRequest.Builder(data), 9, response -> {
      JoinGroupResponseData said = ((JoinGroupResponse) response).data();
      ObjectNode answer = Speak.error(said.errorCode()).put("generation", said.generationId()).put("type", said.protocolType()).put("protocol", said.protocolName());
      answer.put("leader", said.leader()).put("skipAssignment", said.skipAssignment()).put("memberId", said.memberId());
      ArrayNode members = answer.putArray("members");
      for (JoinGroupResponseData.JoinGroupResponseMember one : said.members()) {
        Subscription subscription = ConsumerProtocol.deserializeSubscription(ByteBuffer.wrap(one.metadata()));
        members.addObject().put("memberId", one.memberId()).put("instance", one.groupInstanceId()).put("userData", subscription.userData().get());
      }
      return answer;
    });
  }

  static ObjectNode sync(JsonNode step) throws Exception {
    SyncGroupRequestData data = new SyncGroupRequestData().setGroupId(step.get("groupId").asText()).setMemberId(Speak.text(step, "memberId", "")).setGroupInstanceId(Speak.text(step, "instance"));
    data.setGenerationId(step.get("generation").asInt()).setProtocolType(Speak.text(step, "type", "consumer")).setProtocolName(Speak.text(step, "protocol", "range"));
    if (step.has("assignments")) {
      step.get("assignments").fields().forEachRemaining(e -> {
        List<TopicPartition> partitions = new ArrayList<>();
        e.getValue().forEach(partition -> partitions.add(new TopicPartition(step.get("topic").asText(), partition.asInt())));
        byte[] assignment = bytes(ConsumerProtocol.serializeAssignment(new Assignment(partitions)));
        data.assignments().add(new SyncGroupRequestData.SyncGroupRequestAssignment().setMemberId(e.getKey()).setAssignment(assignment));
      });
    }
    return Speak.ask(step, new SyncGroupRequest.Builder(data), 5, response -> {
      SyncGroupResponseData said = ((SyncGroupResponse) response).data();
      ObjectNode answer = Speak.error(said.errorCode()).put("type", said.protocolType()).put("protocol", said.protocolName());
      ArrayNode partitions = answer.putArray("partitions");
      if (said.assignment().length > 0) ConsumerProtocol.deserializeAssignment(ByteBuffer.wrap(said.assignment())).partitions().forEach(one -> partitions.add(one.partition()));
      return answer;
    });
  }

  static ObjectNode heartbeat(JsonNode step) throws Exception {
    HeartbeatRequestData data = new HeartbeatRequestData().setGroupId(step.get("groupId").asText()).setMemberId(Speak.text(step, "memberId", "")).setGroupInstanceId(Speak.text(step, "instance")).setGenerationId(step.get("generation").asInt());
    return Speak.ask(step, new HeartbeatRequest.Builder(data), 4, response -> Speak.error(((HeartbeatResponse) response).data().errorCode()));
  }

  static ObjectNode leave(JsonNode step) throws Exception {
    List<LeaveGroupRequestData.MemberIdentity> members = new ArrayList<>();
    step.get("members").forEach(one -> members.add(new LeaveGroupRequestData.MemberIdentity().setMemberId(Speak.text(one, "memberId", "")).setGroupInstanceId(Speak.text(one, "instance"))));
    return Speak.ask(step, new LeaveGroupRequest.Builder(step.get("groupId").asText(), members), 5, response -> {
      LeaveGroupResponseData said = ((LeaveGroupResponse) response).data();
      ObjectNode answer = Speak.error(said.errorCode());
      ArrayNode list = answer.putArray("members");
      said.members().forEach(one -> list.addObject().put("memberId", one.memberId()).put("instance", one.groupInstanceId()).put("error", Errors.forCode(one.errorCode()).name()));
      return answer;
    });
  }

  static ObjectNode commit(JsonNode step) throws Exception {
    OffsetCommitRequestData data = new OffsetCommitRequestData().setGroupId(step.get("groupId").asText()).setMemberId(Speak.text(step, "memberId", "")).setGroupInstanceId(Speak.text(step, "instance")).setGenerationIdOrMemberEpoch(Speak.number(step, "generation", -1));
    List<OffsetCommitRequestData.OffsetCommitRequestPartition> partitions = new ArrayList<>();
    step.get("offsets").fields().forEachRemaining(e -> partitions.add(new OffsetCommitRequestData.OffsetCommitRequestPartition().setPartitionIndex(Integer.parseInt(e.getKey())).setCommittedOffset(e.getValue().asLong()).setCommittedLeaderEpoch(Speak.number(step, "leaderEpoch", -1)).setCommittedMetadata("")));
    data.setTopics(List.of(new OffsetCommitRequestData.OffsetCommitRequestTopic().setName(step.get("topic").asText()).setPartitions(partitions)));
    return Speak.ask(step, new OffsetCommitRequest.Builder(data), 9, response -> {
      ObjectNode answer = Speak.json.createObjectNode();
      ((OffsetCommitResponse) response).data().topics().get(0).partitions().stream().sorted((a, b) -> a.partitionIndex() - b.partitionIndex()).forEach(one -> answer.put(String.valueOf(one.partitionIndex()), Errors.forCode(one.errorCode()).name()));
      return answer;
    });
  }

  static ObjectNode fetch(JsonNode step) throws Exception {
    List<TopicPartition> partitions = new ArrayList<>();
    if (step.has("partitions")) step.get("partitions").forEach(partition -> partitions.add(new TopicPartition(step.get("topic").asText(), partition.asInt())));
    boolean isStable = step.has("requireStable") && step.get("requireStable").asBoolean();
    OffsetFetchRequest.Builder builder = new OffsetFetchRequest.Builder(step.get("groupId").asText(), isStable, step.has("partitions") ? partitions : null, true);
    return Speak.ask(step, builder, 9, response -> {
      OffsetFetchResponseData.OffsetFetchResponseGroup said = ((OffsetFetchResponse) response).data().groups().get(0);
      ObjectNode answer = Speak.error(said.errorCode());
      for (OffsetFetchResponseData.OffsetFetchResponseTopics topic : said.topics()) {
        topic.partitions().stream().sorted((a, b) -> a.partitionIndex() - b.partitionIndex()).forEach(one -> answer.putObject(String.valueOf(one.partitionIndex())).put("error", Errors.forCode(one.errorCode()).name()).put("offset", one.committedOffset()).put("leaderEpoch", one.committedLeaderEpoch()));
      }
      return answer;
    });
  }

  static byte[] bytes(ByteBuffer buffer) {
    byte[] bytes = new byte[buffer.remaining()];
    buffer.get(bytes);
    return bytes;
  }
}
