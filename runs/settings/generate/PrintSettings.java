import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.utils.AppInfoParser;
import org.apache.kafka.server.config.AbstractKafkaConfig;
import org.apache.kafka.server.config.ConfigSynonym;
import org.apache.kafka.server.config.ServerTopicConfigSynonyms;
import org.apache.kafka.storage.internals.log.LogConfig;

/** Asks Kafka's own ConfigDef objects for every setting and prints them as JSON: one line a setting, in name order. */
public class PrintSettings {
    public static void main(String[] args) throws Exception {
        StringBuilder out = new StringBuilder("{\n\"kafka\": " + quote(AppInfoParser.getVersion()) + ",\n");
        out.append(scope("broker", AbstractKafkaConfig.CONFIG_DEF, Map.of())).append(",\n");
        out.append(scope("topic", LogConfig.configDefCopy(), ServerTopicConfigSynonyms.ALL_TOPIC_CONFIG_SYNONYMS)).append(",\n");
        out.append(scope("producer", ProducerConfig.configDef(), Map.of())).append(",\n");
        out.append(scope("consumer", ConsumerConfig.configDef(), Map.of())).append("\n}");
        System.out.println(out);
    }

    private static String scope(String name, ConfigDef def, Map<String, List<ConfigSynonym>> synonyms) throws Exception {
        List<String> lines = new ArrayList<>();
        for (ConfigDef.ConfigKey key : new TreeMap<>(def.configKeys()).values()) {
            lines.add("  " + setting(key, synonyms.getOrDefault(key.name, Collections.emptyList())));
        }
        return quote(name) + ": [\n" + String.join(",\n", lines) + "\n]";
    }

    private static String setting(ConfigDef.ConfigKey key, List<ConfigSynonym> brokerDefaults) throws Exception {
        List<String> fields = new ArrayList<>();
        fields.add("\"name\": " + quote(key.name));
        fields.add("\"type\": " + quote(key.type.name().toLowerCase()));
        if (key.hasDefault()) {
            boolean secret = key.type == ConfigDef.Type.PASSWORD;
            String text = key.defaultValue == null || secret ? null : ConfigDef.convertToString(key.defaultValue, key.type);
            fields.add("\"default\": " + (text == null ? "null" : quote(text)));
        }
        fields.add("\"importance\": " + quote(key.importance.name().toLowerCase()));
        if (key.internalConfig) fields.add("\"internal\": true");
        valid(key.validator, fields);
        if (!brokerDefaults.isEmpty()) {
            List<String> names = new ArrayList<>();
            // The converter turns the broker's unit into the topic's: what it makes of 1 is the factor.
            for (ConfigSynonym s : brokerDefaults) names.add("{\"name\": " + quote(s.name()) + ", \"factor\": " + factor(s) + "}");
            fields.add("\"brokerDefaults\": [" + String.join(", ", names) + "]");
        }
        return "{" + String.join(", ", fields) + "}";
    }

    private static String factor(ConfigSynonym synonym) {
        String one = synonym.converter().apply("1");
        return one == null ? "1" : one;
    }

    private static void valid(ConfigDef.Validator validator, List<String> fields) throws Exception {
        if (validator == null) return;
        if (validator instanceof ConfigDef.Range) {
            Object min = field(validator, "min");
            Object max = field(validator, "max");
            if (min != null) fields.add("\"min\": " + quote(min.toString()));
            if (max != null) fields.add("\"max\": " + quote(max.toString()));
        } else if (validator instanceof ConfigDef.ValidString || validator instanceof ConfigDef.CaseInsensitiveValidString) {
            Iterable<?> allowed = (Iterable<?>) field(validator, "validStrings");
            fields.add("\"oneOf\": " + quoteAll(allowed));
        } else {
            String text = validator.toString();
            // Validators without a description print their class and hash: of no use, and different in each run.
            if (!text.contains("@") && !text.contains("$$Lambda")) fields.add("\"valid\": " + quote(text));
        }
    }

    private static Object field(Object target, String name) throws Exception {
        Field field = target.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return field.get(target);
    }

    private static String quoteAll(Iterable<?> values) {
        List<String> quoted = new ArrayList<>();
        for (Object value : values) quoted.add(value == null ? "null" : quote(value.toString()));
        return "[" + String.join(", ", quoted) + "]";
    }

    private static String quote(String text) {
        StringBuilder out = new StringBuilder("\"");
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') out.append('\\').append(c);
            else if (c < ' ') out.append(String.format("\\u%04x", (int) c));
            else out.append(c);
        }
        return out.append('"').toString();
    }
}
