import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.*;
import org.apache.kafka.clients.producer.internals.ProducerBatch;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.record.*;
import org.apache.kafka.common.record.Record;
import org.apache.kafka.common.utils.ProducerIdAndEpoch;

/** Fills Kafka's own ProducerBatch with the records of batches.mjs, as RecordAccumulator does. */
public class Batches {
  static final ObjectMapper json = new ObjectMapper();
  static final long BASE_TIMESTAMP = 1_700_000_000_000L;

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      JsonNode asked = json.readTree(line);
      System.out.println(json.writeValueAsString(asked.has("marker") ? marker() : new Batches(asked).fill()));
      System.out.flush();
    }
  }

  /** The size of a control batch. */
  static ObjectNode marker() {
    MemoryRecords records = MemoryRecords.withEndTransactionMarker(0, 0, 0, 7, (short) 1, new EndTransactionMarker(ControlRecordType.COMMIT, 3));
    return json.createObjectNode().put("bytes", records.sizeInBytes());
  }

  final JsonNode asked;
  final ObjectNode answer = json.createObjectNode();
  final ArrayNode sizes = answer.putArray("sizes");
  /** Of a record that found no room, what it would have taken; 0 of the others. */
  final ArrayNode refused = answer.putArray("refused");
  final ArrayNode full = answer.putArray("full");
  final ArrayNode batches = answer.putArray("batches");
  final ArrayNode pieces = answer.putArray("pieces");
  int sequence;

  Batches(JsonNode asked) {
    this.asked = asked;
    this.sequence = asked.get("baseSequence").asInt();
  }

  ObjectNode fill() {
    long timestamp = BASE_TIMESTAMP;
    long first = 0;
    int count = 0;
    ProducerBatch batch = null;
    for (JsonNode each : asked.get("records")) {
      timestamp += each.get(2).asLong();
      ByteBuffer key = bytes(each.get(0).asInt());
      ByteBuffer value = bytes(each.get(1).asInt());
      int wanted = batch == null ? 0 : DefaultRecord.sizeInBytes(count, timestamp - first, key, value, Record.EMPTY_HEADERS);
      boolean joins = batch != null && append(batch, timestamp, key, value);
      refused.add(joins ? 0 : wanted);
      if (!joins) {
        if (batch != null) close(batch);
        batch = begin(key, value);
        append(batch, timestamp, key, value);
        first = timestamp;
        count = 0;
      }
      count++;
      full.add(batch.isFull() ? 1 : 0);
    }
    close(batch);
    return answer;
  }

  ProducerBatch begin(ByteBuffer key, ByteBuffer value) {
    int size = Math.max(asked.get("batchSize").asInt(), AbstractRecords.estimateSizeInBytesUpperBound(RecordBatch.CURRENT_MAGIC_VALUE, CompressionType.NONE, key, value, Record.EMPTY_HEADERS));
    MemoryRecordsBuilder builder = MemoryRecords.builder(ByteBuffer.allocate(size), RecordBatch.CURRENT_MAGIC_VALUE, Compression.NONE, TimestampType.CREATE_TIME, 0L);
    return new ProducerBatch(new TopicPartition("t", 0), builder, 0);
  }

  boolean append(ProducerBatch batch, long timestamp, ByteBuffer key, ByteBuffer value) {
    int before = batch.estimatedSizeInBytes();
    if (batch.tryAppend(timestamp, array(key), array(value), Record.EMPTY_HEADERS, null, 0) == null) return false;
    sizes.add(batch.estimatedSizeInBytes() - before);
    return true;
  }

  /** With the producer's state, as when it is drained; then split, as when a broker finds it too large. */
  void close(ProducerBatch batch) {
    ProducerIdAndEpoch producer = new ProducerIdAndEpoch(asked.get("producerId").asLong(), (short) asked.get("producerEpoch").asInt());
    batch.setProducerState(producer, sequence, asked.get("isTransactional").asBoolean());
    batch.close();
    MutableRecordBatch built = batch.records().batches().iterator().next();
    ArrayNode header = batches.addArray().add(built.countOrNull()).add(batch.records().sizeInBytes());
    header.add(built.baseSequence()).add(built.lastSequence()).add(built.lastOffset()).add(built.maxTimestamp() - BASE_TIMESTAMP);
    if (built.producerId() != producer.producerId || built.producerEpoch() != producer.epoch) throw new IllegalStateException("not its producer");
    boolean wraps = built.lastSequence() < built.baseSequence();
    ArrayNode split = pieces.addArray();
    if (!wraps) for (ProducerBatch piece : batch.split(asked.get("split").asInt())) {
      piece.close();
      split.addArray().add(piece.records().batches().iterator().next().countOrNull()).add(piece.baseSequence());
    }
    sequence = DefaultRecordBatch.incrementSequence(built.lastSequence(), 1);
  }

  static ByteBuffer bytes(int size) {
    return size < 0 ? null : ByteBuffer.allocate(size);
  }

  static byte[] array(ByteBuffer buffer) {
    return buffer == null ? null : buffer.array();
  }
}
